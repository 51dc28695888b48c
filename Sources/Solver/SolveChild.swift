import Diagnosis
import FoundationEssentials

/// A solution made by another process of this program: JSON in on stdin, JSON out on stdout.
package enum SolveChild {
  /// What the parent writes to the child's stdin. `scratch` is an absolute path.
  package static func input(for request: SolverRequest, scratch: String) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(Question(request: request, scratch: scratch)))
  }

  /// What the child does with all of its stdin; the result goes to stdout, whatever it says.
  package static func main(_ input: [UInt8]) -> [UInt8] {
    let answer: Answer
    do {
      let question = try JSONDecoder().decode(Question.self, from: Data(input))
      answer = .solution(try Solver.solve(question.request, scratch: question.scratch))
    } catch let error as SolverError {
      answer = .refusal(error)
    } catch {
      answer = .failure(Report(of: error))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? Array(encoder.encode(answer))) ?? []
  }

  /// What the parent makes of the child's stdout: the solution, or the error that the child met.
  package static func solution(from output: [UInt8]) throws -> Solution {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)) else {
      throw SolverError(
        .library, "the packages", "the process that resolves them ended after \(output.count) bytes")
    }
    switch answer {
    case .solution(let solution): return solution
    case .refusal(let error): throw error
    case .failure(let report): throw report
    }
  }

  private struct Question: Codable {
    var request: SolverRequest
    var scratch: String
  }

  private enum Answer: Codable {
    case solution(Solution)
    case refusal(SolverError)
    case failure(Report)
  }
}
