import ArgumentParser
import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor

/// An error with the exit code that it ends the program with.
struct Failure: Error {
  /// The codes of `sysexits.h`, as far as they are used.
  enum Code: Int32 {
    case general = 1
    case unusableInput = 65
    case unwritableOutput = 73
  }

  let code: Code
  let message: String

  /// Whatever goes wrong in `body` is about output.
  static func writing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CheckpointError {
      throw Failure(code: .unwritableOutput, message: error.description)
    } catch let error as ImageError {
      throw Failure(code: .unwritableOutput, message: error.description)
    }
  }
}

/// A command whose errors become one message and an exit code.
protocol CovidXRaySubcommand: ParsableCommand {
  func execute() throws
}

extension CovidXRaySubcommand {
  func run() throws {
    // A reader that has enough, such as `head`, is told apart from an error by the result of writing.
    signal(SIGPIPE, SIG_IGN)
    do {
      if case .failure(let refusal) = InstructionSet.requested {
        throw ValidationError(refusal.description)
      }
      try execute()
    } catch let error as ExitCode {
      throw error
    } catch let error as ValidationError {
      throw error
    } catch is ClosedPipe {
      // What the shell reports of a program that the signal ended.
      throw ExitCode(128 + SIGPIPE)
    } catch let error as Failure {
      Console.error(error.message)
      throw ExitCode(error.code.rawValue)
    } catch {
      Console.error(String(describing: error))
      throw ExitCode(Failure.code(of: error).rawValue)
    }
  }
}

extension RecipeError {
  /// The same about the option of the property: `--steps-per-epoch` for `stepsPerEpoch`.
  var asValidationError: ValidationError {
    let option = property.reduce("--") {
      $0 + ($1.isUppercase ? "-\($1.lowercased())" : String($1))
    }
    return ValidationError("\(option) \(reason)")
  }
}

extension Failure {
  /// What an error from the library is about.
  static func code(of error: any Error) -> Code {
    error is DatasetError || error is ImageError || error is CheckpointError
      || error is StateMismatch || error is TableError || error is PartitionError
      || error is InvalidScores || error is UnusablePrediction ? .unusableInput : .general
  }
}
