public import Auditing
import Datasets
import Evaluation
import Foundation
import Imaging

extension TrainingRun {
  /// The whole run as one page of HTML that opens offline: figures, curves, cases, data, configuration and model card.
  ///
  /// - Parameters:
  ///   - configuration: How the run was made.
  ///   - patients: The patient of a film by its path from the folder of the data set on, such as `Train/Covid/a.jpg`, where
  ///     patients are known.
  ///   - audit: What an audit of the films found, or why there is none.
  ///   - caseCount: How many films are shown at most.
  public func page(
    configuration: RunConfiguration, patients: ((String) -> String?)? = nil,
    audit: Result<AuditReport, any Error>? = nil, caseCount: Int = CaseStudy.maximumCount
  ) -> String {
    let (training, validation) = evaluations(patients: patients)
    return page(
      configuration: configuration, validation: validation, training: training, audit: audit,
      caseCount: caseCount)
  }

  /// Both parts with all their figures.
  func evaluations(
    patients: ((String) -> String?)?
  ) -> (training: FilmEvaluation, validation: FilmEvaluation) {
    func evaluation(_ films: SplitEvaluation, _ split: XRayDataset.Split) -> FilmEvaluation {
      FilmEvaluation(
        films,
        patients: patients.map { patient in { patient(dataset.path(of: $0, in: split)) } })
    }
    return (evaluation(training, .training), evaluation(validation, .validation))
  }

  func page(
    configuration: RunConfiguration, validation: FilmEvaluation, training: FilmEvaluation,
    audit: Result<AuditReport, any Error>?, caseCount: Int = CaseStudy.maximumCount
  ) -> String {
    let films = validation.films.sampleNames
    let cases = CaseStudies(of: validation, by: model, limit: caseCount) { index in
      try dataset.film(named: films[index], in: .validation, for: model.preprocessing)
    }
    return RunReport(
      run: self, configuration: configuration, validation: validation, training: training,
      audit: audit, cases: cases
    ).html
  }
}

extension XRayDataset {
  /// A film of a part by the name that the part's samples give it, as a network takes it.
  func film(
    named name: String, in split: Split, for preprocessing: Preprocessing
  ) throws -> PreparedFilm {
    switch origin {
    case .folders(let training, let validation):
      let folder = split == .training ? training : validation
      return try preprocessing.prepare(imageAt: folder.url.appending(path: name))
    case .synthetic:
      let phantoms = samples(split, for: preprocessing)
      guard let index = (0..<phantoms.count).first(where: { phantoms.name(at: $0) == name }) else {
        throw DatasetError(.missing, path: name, "no such phantom")
      }
      // Phantoms are drawn as a network takes them, without margins to be cut off.
      return PreparedFilm(whole: try phantoms.sample(at: index), preprocessing)
    }
  }
}

extension PreparedFilm {
  /// A film that has the size that the network takes already.
  init(whole film: Image, _ preprocessing: Preprocessing) {
    self.init(
      original: film, region: ImageRegion(allOf: film.size),
      views: preprocessing.tensors(of: film))
  }
}
