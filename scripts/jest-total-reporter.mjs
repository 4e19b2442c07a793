/** Prints the whole run's result as the last line, in the form that continuous integration reads. */
export default class TotalReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // The default reporter writes its summary after this hook; the total must stay the last line.
    process.on('exit', () => {
      console.log(
        `${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`,
      );
    });
  }
}
