public import Datasets
import Evaluation
public import Foundation
import Imaging
import Synchronization
import Tensor

/// Chooses films of Covid and normal ones, and divides them by patient, so that they can be trained on and measured with.
///
/// ```swift
/// let preparation = DatasetPreparation(covid: .cohen(covidFolder), normals: normalFolder)
/// let folder = try PreparedFolder(at: outputFolder)
/// let films = try preparation.films()
/// try folder.publish(films)
/// ```
///
/// A film whose patient is not known counts as a patient of its own. The same picture is never in two parts, even where a
/// table says that it shows two patients.
public struct DatasetPreparation: Sendable {
  /// Where films of Covid are.
  public enum CovidFilms: Sendable {
    /// Cohen's covid-chestxray-dataset: a folder with `metadata.csv` in it.
    case cohen(URL)
    /// A folder of nothing but such films.
    case folder(URL)

    /// The folder.
    var url: URL {
      switch self {
      case .cohen(let url), .folder(let url): url
      }
    }
  }

  private let covid: CovidFilms
  private let normals: URL
  private let patients: PatientTable?
  private let options: PreparationOptions

  /// A preparation of these films.
  ///
  /// - Parameters:
  ///   - covid: Where films of Covid are.
  ///   - normals: A folder of nothing but normal films.
  ///   - patients: The patients of films that come without a table. Names as in chest-xray-pneumonia (`IM-0491-0001.jpeg`) tell
  ///     them too.
  ///   - options: Which films to take, and how to divide them.
  public init(
    covid: CovidFilms, normals: URL, patients: PatientTable? = nil,
    options: PreparationOptions = PreparationOptions()
  ) {
    self.covid = covid
    self.normals = normals
    self.patients = patients
    self.options = options
  }

  /// Chooses the films, reads each of them once, and divides them.
  ///
  /// Nothing is written.
  ///
  /// - Parameter progress: Called with the number of films read so far.
  /// - Throws: `RecipeError` where an option makes no sense; `TableError` with file, line and column; `DatasetError` where a
  ///   folder cannot be used, or a class has too few films or patients.
  public func films(progress: (_ read: Int) throws -> Void = { _ in }) throws -> PreparedFilms {
    try options.validate()
    var dropped: [DroppedFilm] = []
    let candidates: [FilmCandidate]
    switch covid {
    case .cohen(let url):
      let metadata = try CohenMetadata(in: url, options)
      candidates = metadata.films
      dropped += metadata.dropped
    case .folder(let url):
      let found = try FilmCandidate.films(
        in: url, className: PreparationOptions.covid, patients: patients,
        source: url.standardizedFileURL.lastPathComponent, licence: "")
      candidates = found.films
      dropped += found.dropped
    }
    let normals = try FilmCandidate.films(
      in: normals, className: PreparationOptions.normal, patients: patients,
      source: options.normalSource ?? normals.standardizedFileURL.lastPathComponent,
      licence: options.normalLicence)
    dropped += normals.dropped

    var reader = FilmReader()
    for candidate in candidates {
      if let drop = reader.read(candidate) { dropped.append(drop) }
      try progress(reader.films.count)
    }
    let covidCount = reader.films.count
    guard covidCount > 0 else {
      throw DatasetError(
        .nothingReadable, path: covid.url.path(percentEncoded: false),
        "none of \(candidates.count) films of Covid can be read: "
          + (dropped.last?.reason ?? "no reason known"))
    }
    // A ticket for each, so that the draw depends on seed and place in the order of names alone.
    let key = RandomKey(seed: options.seed).derived(1)
    let order = normals.films.indices.sorted { key.word(at: UInt64($0)) < key.word(at: UInt64($1)) }
    let wanted = options.normalCount ?? covidCount
    for index in order {
      if reader.films.count - covidCount == wanted {
        dropped.append(
          DroppedFilm(
            file: normals.films[index].original, line: nil, reason: "normal film that was not drawn"
          ))
      } else if let drop = reader.read(normals.films[index]) {
        dropped.append(drop)
      }
      try progress(reader.films.count)
    }
    let normalCount = reader.films.count - covidCount
    guard normalCount > 0, options.normalCount == nil || normalCount == wanted else {
      throw DatasetError(
        .nothingReadable, path: self.normals.path(percentEncoded: false),
        "\(normalCount) usable normal films; expected \(wanted)")
    }
    return PreparedFilms(
      entries: try divided(reader), dropped: dropped, options: options,
      originals: reader.films.map(\.candidate.url))
  }

  private func divided(_ reader: FilmReader) throws -> [ManifestEntry] {
    let films = reader.films
    let classNames = [PreparationOptions.covid, PreparationOptions.normal]
    let labels = films.map { classNames.firstIndex(of: $0.candidate.className) ?? 0 }
    let groups = reader.groups()
    let shares: Partition.Shares
    switch options.division {
    case .folds(let count): shares = .folds(count)
    case .proportions(let values): shares = .proportions(values)
    }
    let names = options.partNames
    for (label, name) in classNames.enumerated() {
      let patients = Set(films.indices.filter { labels[$0] == label }.map { groups[$0] }).count
      guard patients >= names.count else {
        throw DatasetError(
          .tooFew, path: (label == 0 ? covid.url : normals).path(percentEncoded: false),
          "\(patients) patients with films of class \(name); expected \(names.count) or more, one for "
            + "each part")
      }
    }
    let partition: Partition
    do {
      partition = try Partition(
        into: shares, labels: labels, groups: groups, seed: options.seed)
    } catch let error as PartitionError {
      throw DatasetError(
        .tooFew, path: covid.url.path(percentEncoded: false),
        "\(error) (class 0 is \(classNames[0]), class 1 \(classNames[1]))")
    }
    var taken: Set<String> = []
    return films.indices.map { index in
      let film = films[index]
      return ManifestEntry(
        fileName: Self.freeName(film.candidate.url.lastPathComponent, &taken),
        className: film.candidate.className, part: names[partition.partOfSample[index]],
        patient: film.candidate.patient ?? "", source: film.candidate.source,
        licence: film.candidate.licence, reference: film.candidate.reference,
        original: film.candidate.original, digest: film.digest)
    }
  }

  /// A name that no other film has, on a disk that does not tell cases apart either.
  private static func freeName(_ name: String, _ taken: inout Set<String>) -> String {
    let url = URL(filePath: name)
    let (stem, ending) = (url.deletingPathExtension().lastPathComponent, url.pathExtension)
    var candidate = name
    var number = 2
    while !taken.insert(candidate.lowercased()).inserted {
      candidate = "\(stem)-copy\(number).\(ending)"
      number += 1
    }
    return candidate
  }
}

/// Reads films, and tells which show the same picture.
private struct FilmReader {
  struct Film {
    let candidate: FilmCandidate
    let digest: String
    let hash: DifferenceHash
  }

  private(set) var films: [Film] = []
  private var byDigest: [String: String] = [:]

  /// Reads a film, and says why it cannot be used if so.
  mutating func read(_ candidate: FilmCandidate) -> DroppedFilm? {
    func dropped(_ reason: String) -> DroppedFilm {
      DroppedFilm(file: candidate.original, line: candidate.line, reason: reason)
    }
    do {
      let data = try Data(contentsOf: candidate.url)
      let image = try Image(decoding: data, as: .grey, name: candidate.original)
      let digest = SHA256.hexDigest(of: data)
      if let other = byDigest[digest] { return dropped("the same file as \(other)") }
      byDigest[digest] = candidate.original
      films.append(Film(candidate: candidate, digest: digest, hash: DifferenceHash(of: image)))
      return nil
    } catch let error as ImageError {
      return dropped("cannot be read: \(error.detail)")
    } catch {
      return dropped("cannot be read: \(error.localizedDescription)")
    }
  }

  /// A number for each film, the same for films that have to stay together.
  func groups() -> [Int] {
    var leaders = Array(films.indices)
    func leader(_ index: Int) -> Int {
      var index = index
      while leaders[index] != index { index = leaders[index] }
      return index
    }
    var byPatient: [String: Int] = [:]
    for second in films.indices {
      if let patient = films[second].candidate.patient {
        if let first = byPatient[patient] {
          leaders[leader(second)] = leader(first)
        } else {
          byPatient[patient] = second
        }
      }
      for first in 0..<second
      where films[first].hash.distance(to: films[second].hash) <= DifferenceHash.samePicture {
        leaders[leader(second)] = leader(first)
      }
    }
    return films.indices.map(leader)
  }
}
