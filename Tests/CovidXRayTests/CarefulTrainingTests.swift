import Autograd
import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Imaging
import Layers
import Tensor
import Testing
import Training

@Suite("Careful training")
struct CarefulTrainingTests {
  /// The careful recipe, so narrow that it trains in a moment.
  static var recipe: TrainingRecipe {
    var recipe = TrainingRecipe.careful
    recipe.epochs = 2
    recipe.stepsPerEpoch = 2
    recipe.batchSize = 6
    recipe.imageSize = 24
    recipe.channels = [2, 3]
    recipe.members = 2
    recipe.views = .one
    recipe.care?.folds = 2
    return recipe
  }

  @Test("opacities brighten lungs, and nothing else")
  func opacities() {
    let film = Image(Tensor<UInt8>((0..<48 * 48).map { UInt8($0 % 200) }, shape: [48, 48, 1]))
    var changed = 0
    for number in 0..<20 {
      let drawn = FilmDrawings.withOpacities(film, key: RandomKey(seed: UInt64(number)))
      #expect(drawn == FilmDrawings.withOpacities(film, key: RandomKey(seed: UInt64(number))))
      for (index, (old, new)) in zip(film.pixels.scalars, drawn.pixels.scalars).enumerated() {
        #expect(new >= old)
        let u = (Float(index % 48) + 0.5) / 48 * 1.16 - 0.08
        let v = (Float(index / 48) + 0.5) / 48 * 1.16 - 0.08
        if new > old + 1 { #expect(FilmDrawings.lungs(u, v) > 0.005) }
        changed += new > old ? 1 : 0
      }
    }
    #expect(changed > 20 * 48 * 48 / 20)
  }

  @Test("soft tissue lies on both sides alike")
  func softTissue() {
    let film = Image(Tensor<UInt8>((0..<40 * 40).map { $0 == 0 ? 200 : 60 }, shape: [40, 40, 1]))
    let drawn = FilmDrawings.withSoftTissue(film, key: RandomKey(seed: 1)).pixels
    for row in 1..<40 {
      for column in 0..<40 {
        #expect(drawn[row, column, 0] == drawn[row, 39 - column, 0])
      }
    }
    #expect(drawn.scalars.dropFirst().max() ?? 0 > 62)
  }

  @Test("the haze over lungs is measured: none, some, more; and exposure is no haze")
  func haziness() {
    func film(_ haze: Float, _ exposure: Float = 1) -> Image {
      Image(size: ImageSize(height: 60, width: 60), mode: .grey) { target in
        for row in 0..<60 {
          for column in 0..<60 {
            let u = (Float(column) + 0.5) / 60 * 1.16 - 0.08
            let v = (Float(row) + 0.5) / 60 * 1.16 - 0.08
            let isLung = FilmDrawings.lungs(u, v) > 0.5
            // One spot in ten stays clear.
            let lung = (row + column) % 10 == 0 ? 40 : 40 + 120 * haze
            target[row * 60 + column] = UInt8((isLung ? lung : 180) * exposure)
          }
        }
      }
    }
    let values = [Float(0), 0.3, 0.7].map { FilmDrawings.haziness(of: film($0)) }
    #expect(values[0] == 0 && values[0] < values[1] && values[1] < values[2] && values[2] < 1)
    #expect(abs(FilmDrawings.haziness(of: film(0.3, 0.5)) - values[1]) < 0.02)
    #expect(FilmDrawings.haziness(of: film(0.3).converted(to: .rgb)) == values[1])
  }

  @Test(
    "negative films are there plain and drawn on; clear positive ones as negative, unclear ones not at all"
  )
  func entries() throws {
    // Positive films, the haziest last; their class is 0.
    let films = TensorFilms(
      images: (0..<10).map { number in
        FilmDrawings.withOpacities(
          Image(Tensor<UInt8>((0..<32 * 32).map { UInt8(20 + $0 % 150) }, shape: [32, 32, 1])),
          key: RandomKey(seed: UInt64(number)))
      }, labels: [0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    var care = TrainingRecipe.Care()
    care.clearShare = 0.25
    care.unclearShare = 0.25
    let all = try CarefulFilms(films, among: Array(0..<10), positive: 0, care: care)
    let haze = try (0..<10).map { FilmDrawings.haziness(of: try films.sample(at: $0)) }
    let order = [0, 2, 4, 5, 6, 7, 8, 9].sorted { (haze[$0], $0) < (haze[$1], $1) }
    // Index, label, drawn on.
    var expected: [[Int]] = []
    for index in [1, 3] {
      expected += Array(repeating: [index, 1, 0], count: 3)
      expected.append([index, 0, 1])
    }
    for index in order[..<2] {
      expected += Array(repeating: [index, 1, 0], count: 6)
    }
    for index in order[4...] {
      expected += Array(repeating: [index, 0, 0], count: 8)
    }
    #expect(all.entries.map { [$0.index, $0.label, $0.isDrawnOn ? 1 : 0] } == expected)
    #expect(all.label(at: 3) == 0 && all.name(at: 3) == "sample 1")
    let (drawn, plain) = (try all.sample(at: 3), try all.sample(at: 0))
    #expect(drawn.isDrawnOn && !plain.isDrawnOn)
    let some = try CarefulFilms(films, among: [1, 2], positive: 0, care: care)
    #expect(Set(some.entries.map(\.index)) == [1, 2])
  }

  @Test("no patient is in two parts, and what is not known is said")
  func folds() throws {
    let names =
      (0..<40).map { "Train/Covid/\($0).png" } + (0..<40).map { "Train/Normal/n\($0).png" }
    let labels = [Int](repeating: 0, count: 40) + [Int](repeating: 1, count: 40)
    var patients: [String: String] = [:]
    for number in 0..<40 { patients[names[number]] = "p\(number / 4)" }
    for number in 0..<39 { patients["n\(number).png"] = "q\(number / 2)" }
    let folds = try PatientFolds(
      names: names, labels: labels, places: Array(100..<180), patients: patients, count: 4, seed: 5)
    #expect(folds.description.hasPrefix("80 films of 31 patients in 4 parts, no patient in two;"))
    #expect(folds.description.contains("of 1 films the patient is not known"))
    var seen: [String: Int] = [:]
    var all: [Int] = []
    for part in 0..<4 {
      let (learning, testing) = folds.places(leavingOut: part)
      #expect(Set(learning).isDisjoint(with: testing) && learning.count + testing.count == 80)
      all += testing
      for place in testing {
        let name = names[place - 100]
        let who = patients[name] ?? patients[String(name.split(separator: "/")[2])] ?? name
        #expect(seen[who] ?? part == part)
        seen[who] = part
      }
    }
    #expect(all.sorted() == Array(100..<180))
    let unknown = try PatientFolds(
      names: names, labels: labels, places: Array(0..<80), patients: nil, count: 4, seed: 5)
    #expect(unknown.description.hasPrefix("Patients are not known"))
    #expect(throws: PartitionError.self) {
      try PatientFolds(
        names: names, labels: labels, places: Array(0..<80), patients: patients, count: 11, seed: 5)
    }
  }

  @Test(
    "the threshold finds the share of positives that is wanted, and the temperature is that of the fit"
  )
  func operatingPoint() throws {
    var random = RandomGenerator(seed: 8)
    let isPositive = (0..<100).map { $0 < 40 }
    let probabilities = isPositive.map {
      min(max(Double.random(in: 0...1, using: &random) * 0.7 + ($0 ? 0.3 : 0), 0), 1)
    }
    let none = [Bool](repeating: false, count: 100)
    let point = try CovidClassifier.operatingPoint(
      forSensitivity: 0.9, probabilities: probabilities, isPositive: isPositive, isLeftAside: none)
    let (temperature, threshold) = (try #require(point.temperature), try #require(point.threshold))
    let calibrated = probabilities.map {
      let inside = min(max($0, 1e-7), 1 - 1e-7)
      return 1 / (1 + exp(-log(inside / (1 - inside)) / temperature))
    }
    #expect(zip(calibrated, isPositive).count { $0 >= threshold && $1 } == 36)
    // Of the 10 positives with the lowest probabilities nothing is asked: 27 of the other 30 are to be found. The temperature is
    // that of all.
    let lowest = Set((0..<40).sorted { probabilities[$0] < probabilities[$1] }.prefix(10))
    let some = try CovidClassifier.operatingPoint(
      forSensitivity: 0.9, probabilities: probabilities, isPositive: isPositive,
      isLeftAside: (0..<100).map(lowest.contains))
    let other = try #require(some.threshold)
    #expect(some.temperature == point.temperature && other > threshold)
    #expect((0..<40).count { calibrated[$0] >= other } == 27)
    let fitted = try TemperatureScaling.fitted(
      logits: probabilities.map { [0, log($0 / (1 - $0))] }, labels: isPositive.map { $0 ? 1 : 0 })
    #expect(abs(try #require(fitted.value).temperature - temperature) < 1e-9)
    // Separated classes have no best temperature, and one class no curve.
    let clear = try CovidClassifier.operatingPoint(
      forSensitivity: 0.9, probabilities: [0.9, 0.8, 0.1, 0],
      isPositive: [true, true, false, false], isLeftAside: [false, false, false, false])
    let atPoint8 = try #require(clear.threshold)
    #expect(clear.temperature == nil && abs(atPoint8 - 0.8) < 1e-12)
    let one = try CovidClassifier.operatingPoint(
      forSensitivity: 0.9, probabilities: [0.9, 0.8], isPositive: [true, true],
      isLeftAside: [false, false])
    #expect(one.threshold == nil)
  }

  @Test(
    "a careful run has its networks, threshold and temperature, says what was done, and repeats")
  func run() throws {
    try Sample.withTemporaryFolder { folder in
      let phantoms = XRayDataset.synthetic(seed: 2, training: 8, validation: 2)
      func trained(workers: Int) throws -> (TrainingRun, Data) {
        var notes: [String] = []
        var members: [Int] = []
        let run = try CovidClassifier.train(on: phantoms, recipe: Self.recipe, workers: workers) {
          if case .note(let text) = $0 { notes.append(text) }
          if case .member(let number, of: 2) = $0 { members.append(number) }
        }
        #expect(notes.count == 1 && notes[0].hasPrefix("Patients are not known"))
        #expect(members == [1, 2])
        let url = folder.appending(path: "\(workers).safetensors")
        try run.model.save(to: url)
        return (run, try Data(contentsOf: url))
      }
      let (run, bytes) = try trained(workers: 0)
      #expect(run.model.members.count == 2 && run.memberHistories.count == 2)
      #expect(run.model.members[0].parameterValues != run.model.members[1].parameterValues)
      #expect(run.model.preprocessing.field == .lungs && run.model.preprocessing.colours == .grey)
      #expect(0...1 ~= run.model.threshold)
      #expect(run.model.provenance["patients"]?.hasPrefix("Patients are not known") == true)
      for text in ["SYNTHETIC", "opacities drawn", "2 such networks", "Patients are not known"] {
        #expect(run.model.card.contains(text), "\(text)")
      }
      #expect(run.recipe.parameterCount == 2 * run.model.network.parameterCount())
      #expect(try trained(workers: 2).1 == bytes)
      let loaded = try CovidClassifier(contentsOf: folder.appending(path: "0.safetensors"))
      #expect(loaded.predict(LungFieldTests.film) == run.model.predict(LungFieldTests.film))
    }
  }

  @Test("the article's network in an ensemble: the first member is the one that is trained alone")
  func ensembleOfArticle() throws {
    var recipe = Sample.recipe
    recipe.members = 2
    recipe.views = .five
    let run = try CovidClassifier.train(on: Sample.phantoms, recipe: recipe)
    let alone = try Sample.syntheticRun.get().model
    #expect(run.model.members[0].parameterValues == alone.network.parameterValues)
    #expect(run.model.members[1].parameterValues != alone.network.parameterValues)
    #expect(run.model.threshold == 0.5 && run.model.temperature == nil)
    #expect(run.model.preprocessing.views == .five && run.history.epochs.count == 2)
  }

  @Test("numbers of the careful recipe that are out of range are refused by name")
  func ranges() throws {
    try TrainingRecipe.careful.validate()
    let data = try JSONEncoder().encode(TrainingRecipe.careful)
    #expect(try JSONDecoder().decode(TrainingRecipe.self, from: data) == TrainingRecipe.careful)
    let spoilt: [(String, (inout TrainingRecipe) -> Void)] = [
      ("folds", { $0.care?.folds = 1 }), ("patience", { $0.care?.patience = 0 }),
      ("labelSmoothing", { $0.care?.labelSmoothing = 1 }),
      ("clearShare", { $0.care?.clearShare = 0.8 }), ("clearShare", { $0.care?.unclearShare = -1 }),
      ("targetSensitivity", { $0.care?.targetSensitivity = .nan }),
      ("channels", { $0.channels = [] }),
      ("channels", { $0.channels = [Int](repeating: 2, count: 9) }),
      ("channels", { $0.channels = [0] }), ("members", { $0.members = 0 }),
      ("members", { $0.members = 65 }),
    ]
    for (property, change) in spoilt {
      var recipe = TrainingRecipe.careful
      change(&recipe)
      let error = #expect(throws: RecipeError.self) { try recipe.validate() }
      #expect(error?.property == property)
    }
  }
}

/// Images in memory as samples.
struct TensorFilms: SampleSource {
  let images: [Image]
  let labels: [Int]

  var count: Int { images.count }
  func label(at index: Int) -> Int { labels[index] }
  func sample(at index: Int) throws -> Image { images[index] }
}

extension LungFieldTests {
  static let film = chest(
    size: ImageSize(height: 100, width: 100),
    lungs: ImageRegion(row: 20, column: 20, size: ImageSize(height: 60, width: 60)))
}
