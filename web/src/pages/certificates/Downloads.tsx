// The certificate in each form that devices want, and what to do with it there.
import { Button, Table } from "@mantine/core";
import { Icon } from "~/parts/Icon";
import { Section } from "~/parts/Section";

const FORMS = [
  ["ca", "PEM", "Linux, Python, curl, Node: one file with every root that is to be trusted"],
  ["ca.crt", "CRT", "Android, Windows: open the file and choose the store of trusted roots"],
  ["ca.der", "DER", "Java: keytool -importcert -alias octoprox -file octoprox-ca.der -cacerts"],
  ["ca.mobileconfig", "Profile", "iPhone, iPad, Mac: install the profile, then trust it fully"],
];

export function Downloads() {
  return (
    <Section
      title="What clients are to trust"
      about="Anybody may download it: it holds no key."
      wide
    >
      <Table>
        <Table.Tbody>
          {FORMS.map(([file, name, where]) => (
            <Table.Tr key={file}>
              <Table.Td pl="md" w={128}>
                <Button
                    component="a"
                    href={`/api/v1/mitm/${file}`}
                    download={file === "ca" ? "octoprox-ca.pem" : `octoprox-${file}`}
                    variant="default"
                    size="xs"
                    leftSection={<Icon name="download" size={14} />}
                  >
                    {name}
                </Button>
              </Table.Td>
              <Table.Td>{where}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
