// Whether a text tells who somebody is: what a log must never do.
import { PATIENTS } from "./person.ts";

/** How the demonstration's patients would be recognised, in lower case. */
const MARKS = Object.values(PATIENTS).flatMap(({ nhsNumber, family }) => {
  const parts = [nhsNumber.slice(0, 3), nhsNumber.slice(3, 6), nhsNumber.slice(6)];
  return [nhsNumber, parts.join(" "), parts.join("-"), family.toLowerCase()];
});

/** The lines of a text that name a patient. */
export const namingLines = (text: string): string[] =>
  text.split("\n").filter((line) => {
    const lower = line.toLowerCase();
    return MARKS.some((mark) => lower.includes(mark));
  });
