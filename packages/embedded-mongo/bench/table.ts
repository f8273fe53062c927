/** Prints the head of a table and gives what prints a row. */
export function table(columns: readonly string[]): (...cells: readonly (string | number)[]) => void {
  const widths = columns.map((column, i) => (i === 0 ? 26 : Math.max(column.length, 8)));
  const print = (cells: readonly (string | number)[]) =>
    console.log(
      `| ${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!))).join(' | ')} |`,
    );
  print(columns);
  console.log(
    `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  );
  return (...cells) => print(cells);
}
