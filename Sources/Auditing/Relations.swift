import Datasets
import Foundation

/// Which images belong together: by bytes, by looks, by patient, by name.
struct Relations {
  let duplicates: [AuditReport.Duplicate]
  let patients: AuditReport.Patients?
  let nameSeries: [AuditReport.NameSeries]
  let leaks: [AuditReport.Leak]
  /// The images that a series of names relates to one in an earlier part.
  let suspectedPaths: [String]

  init(images: [AuditedImage], parts: [DatasetAudit.Part], patients table: PatientTable?) {
    let pairs = Duplicates.pairs(among: images)
    duplicates = pairs.map { pair in
      let both = [images[pair.first], images[pair.second]]
      return AuditReport.Duplicate(
        paths: both.map(\.path), parts: both.map { parts[$0.part].name }, isExact: pair.isExact,
        distance: pair.distance, isContradiction: both[0].label != both[1].label)
    }
    let groups = Self.groups(of: images)
    patients = table.map { table in
      let paths = Set(images.map(\.path))
      let names = Set(images.map { $0.path.split(separator: "/").last.map(String.init) ?? "" })
      let absent = table.files.count { file in
        !paths.contains(file)
          && !names.contains(file.split(separator: "/").last.map(String.init) ?? "")
      }
      return AuditReport.Patients(
        count: groups.count, unknown: images.filter { $0.patient == nil }.map(\.path),
        absentCount: absent,
        shared: groups.filter { Set($0.members.map { images[$0].part }).count > 1 }.map {
          AuditReport.SharedPatient(patient: $0.patient, paths: $0.members.map { images[$0].path })
        })
    }
    leaks = Self.leaks(images, parts, pairs, groups)

    let leaking = Set(leaks.map(\.path))
    var suspected: Set<String> = []
    nameSeries = NamePatterns.series(
      among: images.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
    ).compactMap { series in
      let members = series.members.map { images[$0] }
      // Where all patients are known, there is nothing left to suspect.
      guard members.contains(where: { $0.patient == nil }),
        let firstPart = members.map(\.part).min()
      else { return nil }
      let later = members.filter { $0.part > firstPart && !leaking.contains($0.path) }
      if later.isEmpty { return nil }
      suspected.formUnion(later.map(\.path))
      return AuditReport.NameSeries(pattern: series.pattern, paths: members.map(\.path))
    }
    suspectedPaths = images.map(\.path).filter(suspected.contains)
  }

  /// The images of every known patient, in the order in which patients first occur.
  private static func groups(
    of images: [AuditedImage]
  ) -> [(patient: String, members: [Int])] {
    var places: [String: Int] = [:]
    var groups: [(patient: String, members: [Int])] = []
    for (index, image) in images.enumerated() {
      guard let patient = image.patient else { continue }
      if let place = places[patient] {
        groups[place].members.append(index)
      } else {
        places[patient] = groups.count
        groups.append((patient, [index]))
      }
    }
    return groups
  }

  /// The images that are related to one in an earlier part, each by the nearest relation.
  private static func leaks(
    _ images: [AuditedImage], _ parts: [DatasetAudit.Part], _ pairs: [Duplicates.Pair],
    _ groups: [(patient: String, members: [Int])]
  ) -> [AuditReport.Leak] {
    var relatives: [Int: [AuditReport.Leak.Reason: [Int]]] = [:]
    func relate(_ one: Int, _ other: Int, _ reason: AuditReport.Leak.Reason) {
      let (earlier, later) = images[one].part < images[other].part ? (one, other) : (other, one)
      guard images[earlier].part < images[later].part else { return }
      relatives[later, default: [:]][reason, default: []].append(earlier)
    }
    for pair in pairs {
      relate(pair.first, pair.second, pair.isExact ? .sameFile : .samePicture)
    }
    for group in groups {
      for (position, second) in group.members.enumerated() {
        for first in group.members[..<position] { relate(first, second, .samePatient) }
      }
    }
    return images.indices.compactMap { index in
      guard let reasons = relatives[index],
        let nearest = AuditReport.Leak.Reason.allCases.first(where: { reasons[$0] != nil })
      else { return nil }
      return AuditReport.Leak(
        path: images[index].path, part: parts[images[index].part].name, reason: nearest,
        relatives: (reasons[nearest] ?? []).sorted().map { images[$0].path })
    }
  }
}
