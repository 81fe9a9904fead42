import CovidXRay
import Datasets
import Foundation
import Imaging
import Tensor
import Testing

/// Collections of small films in the forms that Cohen's has had; names and patients are made up.
private enum Collection {
  /// The header of March 2020, with its space.
  static let first =
    "Patientid,offset,sex,age,finding,survival,view,date,location,filename,doi, url,license,notes"
  /// A later header: other order, other spellings, more columns.
  static let later = """
    patientid,offset,sex,age,finding,RT_PCR_positive,survival,intubated,intubation_present,went_icu,\
    in_icu,needed_supplemental_O2,extubated,temperature,pO2_saturation,leukocyte_count,\
    neutrophil_count,lymphocyte_count,view,modality,date,location,folder,filename,doi,url,license,\
    clinical_notes,other_notes,
    """

  /// A picture unlike those of other numbers.
  static func film(_ number: Int, size: Int = 40) -> Image {
    var random = RandomGenerator(seed: UInt64(number))
    let waves = (0..<6).map { _ in
      (
        x: Double.random(in: -14...14, using: &random),
        y: Double.random(in: -14...14, using: &random),
        phase: Double.random(in: 0...6.28, using: &random)
      )
    }
    return Image(
      Tensor(
        (0..<size * size).map { index in
          let (u, v) = (Double(index % size) / Double(size), Double(index / size) / Double(size))
          return UInt8(waves.reduce(128) { $0 + 18 * sin($1.x * u + $1.y * v + $1.phase) })
        }, shape: [size, size, 1]))
  }

  /// Writes films called by `names` to `folder`, each another picture.
  static func write(_ names: [String], to folder: URL, from number: Int = 0) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (index, name) in names.enumerated() {
      try film(number + index).writePNG(to: folder.appending(path: name))
    }
  }

  /// Writes normal films, all of different patients.
  static func writeNormals(_ count: Int, to folder: URL) throws {
    try write((0..<count).map { "IM-\(1000 + $0)-0001.png" }, to: folder, from: 5000)
  }

  static func write(_ metadata: String, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(metadata.utf8).write(to: folder.appending(path: "metadata.csv"))
  }
}

@Suite("Preparing a data set")
struct PreparationTests {
  /// The first form: patients 1 to 9 with a PA film each, and rows that do not count.
  private func writeFirstForm(to root: URL) throws {
    var rows = (1...9).map {
      "\($0),3,M,50,COVID-19,Y,PA,2020,\"Town, Land\",film\($0).png,10.1/x,http://a.b/\($0),CC BY,\"two\nlines\""
    }
    rows.insert("2,5,M,50,COVID-19,Y,PA,2020,Town,again2.png,,,,", at: 3)
    rows += [
      "10,3,F,40,SARS,Y,PA,2004,Town,film10.png,,,,",
      "11,3,F,40,COVID-19,Y,AP,2020,Town,film11.png,,,,",
      "12,3,F,40,COVID-19,Y,,2020,Town,film12.png,,,,",
      "13,3,F,40,COVID-19,Y,PA,2020,Town,absent.png,,,,",
      "14,3,F,40,COVID-19,Y,PA,2020,Town,scan.nii.gz,,,,",
      "15,3,F,40,COVID-19,Y,PA,2020,Town,../../secret.png,,,,",
      "1,9,M,50,COVID-19,Y,PA,2020,Town,film1.png,,,,",
      "16,3,F,40,COVID-19,Y,PA,2020,Town,broken.png,,,,",
      "17,3,F,40,COVID-19,Y,PA,2020,Town,copy.png,,,,",
      "18,3,F,40,\"COVID-19, ARDS\",Y,PA,2020,Town,film18.png,,,,",
    ]
    let cohen = root.appending(path: "cohen")
    try Collection.write(
      ([Collection.first] + rows).joined(separator: "\r\n") + "\r\n", to: cohen)
    let images = cohen.appending(path: "images")
    try Collection.write(
      (1...18).map { "film\($0).png" } + ["again2.png"], to: images)
    try Data("no image".utf8).write(to: images.appending(path: "broken.png"))
    try FileManager.default.copyItem(
      at: images.appending(path: "film1.png"), to: images.appending(path: "copy.png"))
    try Data().write(to: images.appending(path: "scan.nii.gz"))
  }

  private func preparation(
    in root: URL, _ change: (inout PreparationOptions) -> Void = { _ in }
  ) -> DatasetPreparation {
    var options = PreparationOptions()
    change(&options)
    return DatasetPreparation(
      covid: .cohen(root.appending(path: "cohen")), normals: root.appending(path: "normals"),
      options: options)
  }

  @Test("the first form of the table: what is kept, and why the rest is dropped")
  func firstForm() throws {
    try Sample.withTemporaryFolder { root in
      try writeFirstForm(to: root)
      try Collection.writeNormals(14, to: root.appending(path: "normals"))
      let films = try preparation(in: root).films()
      let covid = films.entries.filter { $0.className == "Covid" }
      #expect(
        Set(covid.map(\.original))
          == Set(
            (1...9).map { "images/film\($0).png" } + ["images/again2.png", "images/film18.png"]))
      let first = try #require(covid.first { $0.original == "images/film1.png" })
      #expect(first.patient == "cohen-1" && first.licence == "CC BY")
      #expect(first.reference == "http://a.b/1" && first.source == "covid-chestxray-dataset")
      let digest = SHA256.hexDigest(
        of: try Data(contentsOf: root.appending(path: "cohen/images/film1.png")))
      #expect(first.digest == digest)
      // Nine rows have two lines each.
      #expect(
        films.dropped.filter { $0.line != nil } == [
          DroppedFilm(file: "film10.png", line: 21, reason: "finding SARS; wanted COVID-19"),
          DroppedFilm(file: "film11.png", line: 22, reason: "view AP; wanted PA"),
          DroppedFilm(file: "film12.png", line: 23, reason: "view not given; wanted PA"),
          DroppedFilm(file: "absent.png", line: 24, reason: "the file is not there"),
          DroppedFilm(file: "scan.nii.gz", line: 25, reason: "no JPEG or PNG by its name"),
          DroppedFilm(
            file: "../../secret.png", line: 26,
            reason: "the name of the file or its folder has a slash in it, or leads elsewhere"),
          DroppedFilm(file: "film1.png", line: 27, reason: "the file is in line 2 already"),
          DroppedFilm(
            file: "images/broken.png", line: 28,
            reason: "cannot be read: neither JPEG nor PNG (it begins with 6E 6F 20 69 6D 61 67 65)"),
          DroppedFilm(
            file: "images/copy.png", line: 29, reason: "the same file as images/film1.png"),
        ])
      #expect(films.entries.count { $0.className == "Normal" } == 11)
      #expect(films.dropped.count { $0.reason == "normal film that was not drawn" } == 3)
      #expect(films.summary.contains("3 × normal film that was not drawn"))
    }
  }

  @Test("a later form: other order, modality, folder, findings that are paths, tests")
  func laterForm() throws {
    try Sample.withTemporaryFolder { root in
      func row(
        _ number: Int, _ finding: String, pcr: String, _ view: String, _ modality: String,
        folder: String = "images"
      ) -> String {
        var fields = [String](repeating: "", count: 30)
        (fields[0], fields[4], fields[5]) = ("\(number)", finding, pcr)
        (fields[18], fields[19], fields[22]) = (view, modality, folder)
        (fields[23], fields[26]) = ("f\(number).png", "CC0")
        return fields.joined(separator: ",")
      }
      let virus = "Pneumonia/Viral/COVID-19"
      let rows = [
        row(1, virus, pcr: "Y", "PA", "X-ray"), row(2, virus, pcr: "", "PA", "X-ray"),
        row(3, virus, pcr: "Y", "AP Supine", "X-ray"), row(4, virus, pcr: "Y", "pa", "x-ray"),
        row(5, virus, pcr: "Y", "PA", "CT", folder: "volumes"),
        row(6, "Pneumonia", pcr: "Y", "PA", "X-ray"), row(7, "todo", pcr: "Y", "PA", "X-ray"),
        row(8, virus, pcr: "Unclear", "PA", "X-ray"), row(9, virus, pcr: "Y", "PA", "X-ray"),
      ]
      let cohen = root.appending(path: "cohen")
      try Collection.write(([Collection.later] + rows).joined(separator: "\n"), to: cohen)
      try Collection.write((1...9).map { "f\($0).png" }, to: cohen.appending(path: "images"))
      try Collection.writeNormals(9, to: root.appending(path: "normals"))
      func kept(_ change: (inout PreparationOptions) -> Void) throws -> [String] {
        try preparation(in: root) {
          $0.division = .proportions([2, 1])
          change(&$0)
        }.films().entries.filter { $0.className == "Covid" }.map(\.original).sorted()
      }
      func paths(_ numbers: Int...) -> [String] { numbers.map { "images/f\($0).png" } }
      #expect(try kept { _ in } == paths(1, 2, 4, 8, 9))
      #expect(try kept { $0.views = ["PA", "ap  supine"] } == paths(1, 2, 3, 4, 8, 9))
      #expect(try kept { $0.requiresPositiveTest = true } == paths(1, 4, 9))
      #expect(
        try kept {
          $0.finding = "Pneumonia"
          $0.views = ["PA", "AP Supine"]
        } == paths(1, 2, 3, 4, 6, 8, 9))
      let dropped = try preparation(in: root).films().dropped
      #expect(dropped.contains { $0.file == "f5.png" && $0.reason == "modality CT; wanted X-ray" })
      #expect(
        dropped.contains { $0.file == "f7.png" && $0.reason == "finding todo; wanted COVID-19" })
    }
  }

  @Test("all films of a patient, and the same picture of two patients, are in one part")
  func byPatient() throws {
    try Sample.withTemporaryFolder { root in
      var rows = [Collection.first]
      let cohen = root.appending(path: "cohen")
      let images = cohen.appending(path: "images")
      for patient in 1...12 {
        for film in 0..<(patient % 3 + 1) {
          rows.append("\(patient),,,,COVID-19,,PA,,,p\(patient)-\(film).png,,,,")
          try Collection.write(
            ["p\(patient)-\(film).png"], to: images, from: 100 * patient + film)
        }
      }
      // Patient 13 has a larger copy of a film of patient 1.
      rows.append("13,,,,COVID-19,,PA,,,larger.png,,,,")
      try Collection.film(100, size: 80).writePNG(to: images.appending(path: "larger.png"))
      try Collection.write(rows.joined(separator: "\n"), to: cohen)
      try Collection.write(
        (0..<20).flatMap { ["IM-\(1000 + $0)-0001.png", "IM-\(1000 + $0)-0001-0002.png"] },
        to: root.appending(path: "normals"), from: 5000)
      for seed in 1...5 {
        let films = try preparation(in: root) { $0.seed = UInt64(seed) }.films()
        let parts = Dictionary(grouping: films.entries, by: \.patient).mapValues {
          Set($0.map(\.part))
        }
        #expect(parts.values.allSatisfy { $0.count == 1 })
        #expect(parts["cohen-13"] == parts["cohen-1"])
        #expect(parts.keys.contains("kaggle-1-1003"))
        for part in ["training", "validation", "test"] {
          for name in ["Covid", "Normal"] {
            #expect(films.entries.contains { $0.part == part && $0.className == name })
          }
        }
        let again = try preparation(in: root) { $0.seed = UInt64(seed) }.films()
        #expect(again.entries == films.entries && again.dropped == films.dropped)
      }
      let drawn = try (1...5).map { seed in
        Set(
          try preparation(in: root) { $0.seed = UInt64(seed) }.films().entries.filter {
            $0.className == "Normal"
          }.map(\.original))
      }
      #expect(Set(drawn).count > 1)
    }
  }

  @Test("the folder can be trained on and audited, and its manifest read")
  func folder() throws {
    try Sample.withTemporaryFolder { root in
      try writeFirstForm(to: root)
      try Collection.writeNormals(14, to: root.appending(path: "normals"))
      let out = root.appending(path: "new/data")
      let films = try preparation(in: root).films()
      try PreparedFolder(at: out).publish(films)
      #expect(
        try Set(FileManager.default.contentsOfDirectory(atPath: out.path(percentEncoded: false)))
          == ["Train", "Val", "Test", "manifest.csv", "dropped.csv", "preparation.json"])
      let dataset = try XRayDataset(at: out)
      #expect(dataset.classNames == ["Covid", "Normal"])
      let entries = try ManifestEntry.read(from: out.appending(path: "manifest.csv"))
      #expect(entries == films.entries)
      for entry in entries {
        let data = try Data(contentsOf: out.appending(path: entry.file))
        #expect(SHA256.hexDigest(of: data) == entry.digest)
      }
      #expect(
        dataset.counts(.training).reduce(0, +) == entries.count { $0.part == "training" })
      let dropped = try CSVTable(contentsOf: out.appending(path: "dropped.csv"))
      #expect(dropped.rows.count == films.dropped.count)
      // The manifest is a table of patients too.
      let patients = try PatientTable(contentsOf: out.appending(path: "manifest.csv"))
      #expect(entries.allSatisfy { patients.patient(of: $0.file) == $0.patient })
    }
  }

  @Test("folds: every film is once in a manifest, and every fold is a data set")
  func folds() throws {
    try Sample.withTemporaryFolder { root in
      try writeFirstForm(to: root)
      try Collection.writeNormals(14, to: root.appending(path: "normals"))
      let films = try preparation(in: root) { $0.division = .folds(3) }.films()
      let out = root.appending(path: "folds")
      try PreparedFolder(at: out).publish(films)
      #expect(try ImageFolder(at: out.appending(path: "fold-1/Train")).files.count > 0)
      var measured: [String] = []
      for fold in 1...3 {
        let dataset = try XRayDataset(at: out.appending(path: "fold-\(fold)"))
        let counts = (
          dataset.counts(.training).reduce(0, +), dataset.counts(.validation).reduce(0, +)
        )
        #expect(counts.0 + counts.1 == films.entries.count)
        guard case .folders(let training, let validation) = dataset.origin else { continue }
        #expect(Set(training.files.map(\.path)).isDisjoint(with: validation.files.map(\.path)))
        measured += validation.files.map(\.path)
        // A link leads to the film.
        _ = try Image(contentsOf: validation.files[0].url)
      }
      #expect(measured.sorted() == films.entries.map(\.file).sorted())
    }
  }

  @Test("a plain folder of films, with patients from a table")
  func plainFolder() throws {
    try Sample.withTemporaryFolder { root in
      try Collection.write((0..<8).map { "c\($0).png" }, to: root.appending(path: "covid"))
      try Collection.write(
        (0..<9).map { "n\($0).png" }, to: root.appending(path: "normals"), from: 500)
      // The same name in both classes.
      try Collection.write(["c0.PNG"], to: root.appending(path: "normals"), from: 900)
      let table = "file,patient\n" + (0..<8).map { "c\($0).png,p\($0 / 2)\n" }.joined()
      var options = PreparationOptions()
      options.division = .proportions([2, 1])
      options.normalCount = 10
      options.normalLicence = "CC BY 4.0"
      let films = try DatasetPreparation(
        covid: .folder(root.appending(path: "covid")), normals: root.appending(path: "normals"),
        patients: PatientTable(CSVTable(table, name: "t.csv")), options: options
      ).films()
      for pair in 0..<4 {
        let parts = Set(films.entries.filter { $0.patient == "p\(pair)" }.map(\.part))
        #expect(parts.count == 1)
      }
      #expect(films.entries.count { $0.className == "Normal" && $0.patient.isEmpty } == 10)
      #expect(films.entries.contains { $0.file.hasSuffix("Normal/c0-copy2.PNG") })
      #expect(
        films.entries.filter { $0.className == "Normal" }.allSatisfy { $0.licence == "CC BY 4.0" })
      #expect(films.summary.contains("of unknown patients"))
    }
  }

  @Test("what cannot be prepared says what is missing where")
  func bad() throws {
    try Sample.withTemporaryFolder { root in
      let cohen = root.appending(path: "cohen")
      func failure(_ change: (inout PreparationOptions) -> Void = { _ in }) -> String {
        do {
          _ = try preparation(in: root, change).films()
          return "nothing failed"
        } catch {
          return String(describing: error)
        }
      }
      #expect(failure().contains("metadata.csv: cannot be read"))
      try Collection.write("Patientid,filename,view\n1,a.png,PA\n", to: cohen)
      #expect(
        failure().hasSuffix(
          "metadata.csv:1: has no column \"finding\" or \"findings\", only Patientid, filename, view"
        ))
      try Collection.write(Collection.first + "\n1,,,,SARS,,PA,,,a.png,,,,\n", to: cohen)
      #expect(
        failure().hasSuffix(
          "leaves no film of COVID-19: 1 × finding SARS; wanted COVID-19"))
      #expect(failure { $0.requiresPositiveTest = true }.contains("no column \"RT_PCR_positive\""))
      try Collection.write(Collection.first + "\n1,,,,COVID-19,,PA,,,a.png,,,\n", to: cohen)
      #expect(failure().contains("metadata.csv:2:13: has 13 fields; expected 14"))

      try writeFirstForm(to: root)
      #expect(failure().hasSuffix("normals: no such folder"))
      try Collection.writeNormals(3, to: root.appending(path: "normals/NORMAL"))
      #expect(failure().contains("no JPEG or PNG in it, only NORMAL"))
      try Collection.writeNormals(3, to: root.appending(path: "normals"))
      #expect(failure { $0.normalCount = 5 }.contains("3 usable normal films; expected 5"))
      #expect(
        failure { $0.division = .folds(4) }.contains("3 patients with films of class Normal"))
      #expect(failure { $0.division = .folds(1) }.contains("folds: needs a whole number from 2"))
      #expect(failure { $0.division = .proportions([1, 0]) }.contains("two or three positive"))
      let unequal = try preparation(in: root).films()
      #expect(unequal.summary.contains("fewer normal films than films of Covid"))
    }
  }

  @Test("a folder that holds something is left alone, and nothing is left when films change")
  func output() throws {
    try Sample.withTemporaryFolder { root in
      try writeFirstForm(to: root)
      try Collection.writeNormals(14, to: root.appending(path: "normals"))
      let films = try preparation(in: root).films()
      let before = try FileManager.default.subpathsOfDirectory(
        atPath: root.path(percentEncoded: false)
      ).sorted()
      let error = try #require(
        #expect(throws: (any Error).self) { try PreparedFolder(at: root.appending(path: "cohen")) })
      #expect(String(describing: error).contains("holds \"images\""))
      try Collection.film(7777).writePNG(to: root.appending(path: "cohen/images/film9.png"))
      let folder = try PreparedFolder(at: root.appending(path: "deep/out"))
      let changed = try #require(
        #expect(throws: DatasetError.self) { try folder.publish(films) })
      #expect(changed.path.hasSuffix("film9.png") && changed.detail.contains("has changed"))
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false))
          .sorted() == before)
    }
  }
}
