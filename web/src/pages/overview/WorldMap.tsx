// Where the exits are: circles on a map of dots, and the same numbers in a table beside it.
import { Table } from "@mantine/core";
import type { Pool, PoolStatuses } from "~/api/pool";
import { count, percent } from "~/parts/format";
import { Section } from "~/parts/Section";
import { StateLabel, type Tone } from "~/parts/StateLabel";
import { WideTable } from "~/parts/WideTable";
import { countryName, PLACES, type Place } from "./places";
import classes from "./WorldMap.module.css";

type Country = Pool["countries"][number];

/** North of Greenland to the south of Chile: nobody's exits are beyond. */
const NORTH = 78;
const SOUTH = -52;

function at({ latitude, longitude }: Place): { cx: number; cy: number } {
  return { cx: longitude + 180, cy: NORTH - latitude };
}

/** The area, not the width, goes with the number. */
export function radius(exits: number, most: number): number {
  return 2 + 10 * Math.sqrt(exits / Math.max(1, most));
}

/** Of the exits that are switched on, how many can be used. */
export function usable({ healthy, degraded, unknown, disabled }: PoolStatuses, total: number): number | null {
  const on = total - disabled;
  return on === 0 ? null : (healthy + degraded + unknown) / on;
}

function stateOf(country: Country): [string, Tone] {
  const share = usable(country.statuses, country.total);
  if (share === null) return ["all off", "quiet"];
  return [percent(share), share >= 0.8 ? "good" : share >= 0.3 ? "warn" : "bad"];
}

export function WorldMap({ countries }: { countries: Country[] }) {
  const known = countries.filter(({ country }) => country != null && PLACES.has(country));
  const most = Math.max(1, ...known.map(({ total }) => total));
  const told = known.slice(0, 5).map(({ country, total }) => `${countryName(country)} ${count(total)}`);
  return (
    <Section title="Where the exits are" about="Circles are as large as a country has exits. Usable are those that are on, do not rest and are not known to be dead.">
      <div className={classes.split}>
        <svg
          className={classes.map}
          viewBox={`0 0 360 ${NORTH - SOUTH}`}
          role="img"
          aria-label={told.length === 0 ? "A map: no country of an exit is known" : `A map. The most exits are in: ${told.join(", ")}`}
        >
          {[...PLACES].map(([code, place]) => (
            <circle key={code} className={classes.land} {...at(place)} r={1.4} />
          ))}
          {known.map((row) => (
            <circle
              key={row.country}
              className={classes.exits}
              data-tone={stateOf(row)[1]}
              {...at(PLACES.get(row.country as string) as Place)}
              r={radius(row.total, most)}
            >
              <title>{`${countryName(row.country)}: ${count(row.total)} exits`}</title>
            </circle>
          ))}
        </svg>
        <WideTable name="Exits by country" most="300px">
          <Table className="numbers" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Country</Table.Th>
                <Table.Th ta="right">Exits</Table.Th>
                <Table.Th>Usable</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {countries.map((row) => {
                const [state, tone] = stateOf(row);
                return (
                  <Table.Tr key={row.country ?? ""}>
                    <Table.Td>{countryName(row.country)}</Table.Td>
                    <Table.Td ta="right">{count(row.total)}</Table.Td>
                    <Table.Td>
                      <StateLabel state={state} tone={tone} />
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </WideTable>
      </div>
    </Section>
  );
}
