// A measure, and where it is noted until all are done.
import { appendFileSync } from "node:fs";

/** The file in which measures are noted, one on a line: the setup tells the workers. */
export const NOTES = "NCRS_BENCH_NOTES";

/** One measure. `ratio` is the value over `ratio_to`, and `within` whether the budget is kept. */
export type Measure = {
  name: string;
  value: number;
  unit: string;
  ratio_to: string | null;
  ratio: number | null;
  budget: string | null;
  within: boolean | null;
};

const round = (value: number): number => Math.round(value * 100) / 100;

const note = (name: string, value: number, unit: string, budget: string, limit: number, within: boolean) => {
  const notes = process.env[NOTES];
  if (!notes) throw new Error(`${NOTES} is not set: run the measures with "make bench"`);
  const measure: Measure = {
    name,
    value: round(value),
    unit,
    ratio_to: "budget",
    ratio: round(value / limit),
    budget,
    within,
  };
  appendFileSync(notes, `${JSON.stringify(measure)}\n`);
};

/** Notes a measure that must not be greater than its budget. */
export const atMost = (name: string, value: number, unit: string, budget: number): void =>
  note(name, value, unit, `<= ${budget}`, budget, value <= budget);

/** Notes a measure that must not be less than its budget. */
export const atLeast = (name: string, value: number, unit: string, budget: number): void =>
  note(name, value, unit, `>= ${budget}`, budget, value >= budget);

/** The middle one of several. */
export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
