import ArgumentParser

/// The command-line tool: parsing and printing.
///
/// What it does is in `CovidXRay`.
@main
struct CovidXRayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "covid-xray",
    abstract: "Trains a small network to tell two kinds of chest films apart, and measures it.",
    discussion: """
      Without --data, it trains on SYNTHETIC phantoms that it draws itself. No medical device: nothing medical can be \
      concluded from what it prints.

      Built with `swift run --traits Web covid-xray`, there is also `serve`, a local web page for single films.

      Results go to standard output, progress and messages to standard error.

      Exit codes: 0 all went well; 1 the training came to no end, or the program failed; 64 a wrong option; 65 a folder, \
      image or model that is missing or cannot be used; 73 output that cannot be written.
      """,
    version: "0.1.0",
    subcommands: subcommands
  )

  private static var subcommands: [any ParsableCommand.Type] {
    var list: [any ParsableCommand.Type] = [
      PrepareCommand.self, AuditCommand.self, TrainCommand.self, EvaluateCommand.self,
      PredictCommand.self, CrossValidateCommand.self, ExplainCommand.self, SummaryCommand.self,
    ]
    #if Web
      list.append(ServeCommand.self)
    #endif
    return list
  }
}
