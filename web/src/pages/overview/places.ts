// Where countries are: about their middle, in whole degrees, by the two letters of ISO 3166-1.

/** `AD42,2` is latitude 42, longitude 2. */
const MIDDLES =
  "AD42,2 AE24,54 AF34,66 AG17,-62 AL41,20 AM40,45 AO-12,18 AR-35,-65 AT47,14 AU-25,134 AZ40,48 " +
  "BA44,18 BB13,-59 BD24,90 BE51,4 BF13,-2 BG43,25 BH26,51 BI-3,30 BJ9,2 BM32,-65 BN4,115 BO-17,-65 " +
  "BR-10,-53 BS24,-76 BT27,90 BW-22,24 BY53,28 BZ17,-89 CA58,-100 CD-3,23 CF7,21 CG-1,15 CH47,8 CI8,-6 " +
  "CL-33,-71 CM6,12 CN35,103 CO4,-73 CR10,-84 CU22,-79 CV15,-24 CW12,-69 CY35,33 CZ50,15 DE51,10 " +
  "DJ12,43 DK56,10 DM15,-61 DO19,-70 DZ28,3 EC-2,-78 EE59,26 EG27,30 ER15,39 ES40,-4 ET9,40 FI64,26 " +
  "FJ-18,178 FR46,2 GA-1,12 GB54,-2 GD12,-62 GE42,43 GF4,-53 GH8,-1 GI36,-5 GL72,-40 GM13,-15 GN11,-10 " +
  "GP16,-62 GQ2,10 GR39,22 GT16,-90 GU13,145 GW12,-15 GY5,-59 HK22,114 HN15,-86 HR45,16 HT19,-72 HU47,20 " +
  "ID-2,118 IE53,-8 IL31,35 IM54,-5 IN22,79 IQ33,44 IR32,53 IS65,-18 IT43,12 JE49,-2 JM18,-77 JO31,36 " +
  "JP36,138 KE0,38 KG41,75 KH13,105 KM-12,44 KR36,128 KW29,48 KY19,-81 KZ48,67 LA18,105 LB34,36 LC14,-61 " +
  "LI47,10 LK7,81 LR6,-9 LS-30,28 LT55,24 LU50,6 LV57,25 LY27,17 MA32,-6 MC44,7 MD47,29 ME43,19 MG-19,47 " +
  "MK42,22 ML17,-4 MM21,96 MN46,104 MO22,113 MQ15,-61 MR20,-10 MT36,14 MU-20,57 MV3,73 MW-13,34 MX23,-102 " +
  "MY4,109 MZ-18,35 NA-22,17 NC-21,165 NE17,9 NG9,8 NI13,-85 NL52,5 NO62,10 NP28,84 NZ-42,172 OM21,56 " +
  "PA9,-80 PE-10,-75 PF-17,-149 PG-6,145 PH12,122 PK30,70 PL52,19 PR18,-66 PS32,35 PT39,-8 PY-23,-58 " +
  "QA25,51 RE-21,56 RO46,25 RS44,21 RU62,96 RW-2,30 SA24,45 SC-5,55 SD15,30 SE62,16 SG1,104 SI46,15 " +
  "SK49,19 SL8,-12 SM44,13 SN14,-14 SO6,46 SR4,-56 SS7,30 ST0,7 SV14,-89 SY35,38 SZ-27,31 TD15,19 TG8,1 " +
  "TH15,101 TJ39,71 TL-9,126 TM39,60 TN34,9 TR39,35 TT11,-61 TW24,121 TZ-6,35 UA49,32 UG1,32 US39,-98 " +
  "UY-33,-56 UZ41,64 VC13,-61 VE7,-66 VG18,-65 VI18,-65 VN16,108 VU-16,167 WS-14,-172 XK43,21 YE16,48 " +
  "YT-13,45 ZA-29,25 ZM-14,28 ZW-19,30";

export interface Place {
  latitude: number;
  longitude: number;
}

export const PLACES: ReadonlyMap<string, Place> = new Map(
  MIDDLES.split(" ").map((text) => {
    const [latitude, longitude] = text.slice(2).split(",").map(Number) as [number, number];
    return [text.slice(0, 2), { latitude, longitude }];
  }),
);

const names = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A country's name, of its two letters. */
export function countryName(code: string | null | undefined): string {
  if (code == null) return "Not known";
  return /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code;
}
