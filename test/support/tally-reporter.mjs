/** Prints the closing line that CI and people read, after jest's own summary: `N passed, N failed`. */
export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((file) => file.testExecError).length;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tally = `${results.numPassedTests} passed, ${results.numFailedTests + broken} failed`;
    process.once('exit', () => console.log(skipped > 0 ? `${tally}, ${skipped} skipped` : tally));
  }
}
