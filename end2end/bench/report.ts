// Gathers what was measured, prints a table, and writes bench.json.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NOTES, type Measure } from "./measure.ts";

const report = async (measures: Measure[]): Promise<void> => {
  // The searches are measured by the server's own benchmark, in its own language.
  for (const file of (process.env.NCRS_BENCH_FILES ?? "").split(":").filter(Boolean)) {
    measures.push(...(JSON.parse(await readFile(file, "utf8")) as Measure[]));
  }

  const rows = measures.map((measure) => [
    measure.name,
    `${measure.value} ${measure.unit}`,
    measure.budget ?? "",
    measure.ratio === null ? "" : `${measure.ratio} of ${measure.ratio_to}`,
    measure.within === null ? "" : measure.within ? "yes" : "NO",
  ]);
  const table = [["measure", "value", "budget", "ratio", "within"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
  await writeFile(new URL("../../bench.json", import.meta.url), `${JSON.stringify(measures, null, 2)}\n`);
};

export default async function gather(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "ncrs-bench-"));
  const notes = join(folder, "measures");
  process.env[NOTES] = notes;
  await writeFile(notes, "");
  return async () => {
    const lines = (await readFile(notes, "utf8")).split("\n").filter(Boolean);
    await rm(folder, { recursive: true, force: true });
    await report(lines.map((line) => JSON.parse(line) as Measure));
  };
}
