import Datasets
import Foundation
import Testing

@Suite("CSV tables")
struct CSVTableTests {
  private func error(_ text: String) throws -> TableError {
    try #require(#expect(throws: TableError.self) { _ = try CSVTable(text, name: "t.csv") })
  }

  @Test("columns are found by trimmed names in any case, in any order")
  func columns() throws {
    let table = try CSVTable(
      "Patientid, url ,RT_PCR_positive,doi\n1,u,Y,d\n2,,,\n", name: "t.csv")
    #expect(table.header == ["Patientid", "url", "RT_PCR_positive", "doi"])
    #expect(table.column("patient_id") == 0 && table.column("URL") == 1)
    #expect(table.column("nothing", "rt pcr positive") == 2)
    #expect(table.column("view") == nil)
    #expect(table.rows.map(\.fields) == [["1", "u", "Y", "d"], ["2", "", "", ""]])
    #expect(try table.requiredColumn("doi") == 3)
    let missing = try #require(
      #expect(throws: TableError.self) { _ = try table.requiredColumn("finding", "diagnosis") })
    #expect(
      missing.description
        == "t.csv:1: has no column \"finding\" or \"diagnosis\", only Patientid, url, "
        + "RT_PCR_positive, doi")
  }

  @Test("quoted fields hold commas, quotes and line ends, and lines are counted through them")
  func quotes() throws {
    let text = "a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\r\n3,4"
    let table = try CSVTable("\u{FEFF}" + text, name: "t.csv")
    #expect(table.header == ["a", "b"])
    #expect(table.rows.map(\.fields) == [["x, \"y\"", "two\nlines"], ["3", "4"]])
    #expect(table.rows.map(\.line) == [2, 5])
  }

  @Test(
    "the last field may be empty, with and without a line end behind it", arguments: ["", "\n"])
  func lastField(end: String) throws {
    let table = try CSVTable("a,b\n1," + end, name: "t.csv")
    #expect(table.rows.map(\.fields) == [["1", ""]])
  }

  @Test("what is no table is refused with its line and column")
  func malformed() throws {
    #expect(try error("") == TableError(path: "t.csv", reason: "has no header"))
    let open = try error("a,b\n1,2\n3,\"4\n5,6\n")
    #expect(open.line == 3 && open.reason.contains("never closed"))
    let stray = try error("a,b\n\"1\n\",2\n3,4\"x\"\n")
    #expect(stray.line == 4 && stray.reason.contains("quote"))
    let long = try error("a,b\n1,2\n1,2,3\n")
    #expect(long.line == 3 && long.column == 3 && long.reason.contains("3 fields; expected 2"))
    let short = try error("a,b,c\n1,2\n")
    #expect(short.description == "t.csv:2:2: has 2 fields; expected 3, as in the header")
    let twice = try error("file,File\n1,2\n")
    #expect(twice.line == 1 && twice.column == 2 && twice.reason.contains("\"File\" twice"))
  }

  @Test("empty fields beyond the header, as spreadsheets leave them, are no error")
  func trailing() throws {
    #expect(try CSVTable("a,b\n1,2,,\n", name: "t.csv").rows.map(\.fields) == [["1", "2"]])
    #expect(try CSVTable("a,,\n1,,\n", name: "t.csv").header == ["a", "", ""])
  }

  @Test("a file that is absent or not in UTF-8 is named, with the line")
  func files() throws {
    try withTemporaryFolder { root in
      let url = root.appending(path: "t.csv")
      let absent = try #require(
        #expect(throws: TableError.self) { _ = try CSVTable(contentsOf: url) })
      #expect(absent.path.hasSuffix("t.csv") && absent.reason.contains("cannot be read"))
      try Data([0x61, 0x0A, 0x62, 0x0A, 0xE4, 0x0A]).write(to: url)
      let latin = try #require(
        #expect(throws: TableError.self) { _ = try CSVTable(contentsOf: url) })
      #expect(latin.line == 3 && latin.reason == "is not in UTF-8")
    }
  }
}

@Suite("Patient tables")
struct PatientTableTests {
  @Test("patients are found by path, or by name where that is not ambiguous")
  func lookUp() throws {
    let table = try PatientTable(
      CSVTable(
        """
        source,File,Patient
        s,Train/a/1.png,p1
        s,./Val/a/2.png,p2
        s,Val/b/1.png,p3
        s,3.png,
        """, name: "t.csv"))
    #expect(table.files == ["Train/a/1.png", "Val/a/2.png", "Val/b/1.png", "3.png"])
    #expect(table.patient(of: "Train/a/1.png") == "p1" && table.patient(of: "Val/b/1.png") == "p3")
    #expect(table.patient(of: "2.png") == "p2" && table.patient(of: "elsewhere/2.png") == "p2")
    // Two patients have a file of that name.
    #expect(table.patient(of: "1.png") == nil)
    #expect(table.patient(of: "3.png") == nil && table.names("Train/3.png"))
    #expect(table.patient(of: "4.png") == nil && !table.names("4.png"))
  }

  @Test("a file of two patients, a row without a file, and missing columns throw")
  func rejects() throws {
    func error(_ text: String) throws -> TableError {
      try #require(
        #expect(throws: TableError.self) {
          _ = try PatientTable(CSVTable(text, name: "t.csv"))
        })
    }
    let two = try error("file,patient\na.png,p\na.png,q\n")
    #expect(two.line == 3 && two.column == 2 && two.reason.contains("\"q\", after \"p\""))
    #expect(try error("file,patient\n,p\n").description == "t.csv:2:1: names no file")
    #expect(try error("file,age\na.png,3\n").reason.contains("no column \"patient\""))
  }
}
