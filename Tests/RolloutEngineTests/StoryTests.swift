import Testing

@testable import RolloutEngine

@Suite("Stories of rollouts")
struct StoryTests {
  @Test("there are stories, and each can be read")
  func thereAreStories() throws {
    #expect(Story.files.count > 40)
    for file in Story.files { _ = try Story(file: file) }
  }

  @Test("a story goes as it is told", arguments: Story.all)
  func told(_ story: Story) throws {
    var teller = Storyteller()
    var outcomes: [[String]] = []
    for scene in story.scenes { outcomes.append(try teller.play(scene.commands)) }
    if Story.rewrites { return try story.rewrite(outcomes) }
    for (scene, outcome) in zip(story.scenes, outcomes) {
      #expect(outcome == scene.expected, "after \(scene.commands)")
    }
  }

  @Test("a story's log, stored and read again, leads to the same state", arguments: Story.all)
  func replayed(_ story: Story) throws {
    var teller = Storyteller()
    for scene in story.scenes { _ = try teller.play(scene.commands) }
    let log = try teller.log.map { try RolloutLogEntry(canonicalJSON: $0.canonicalJSON) }
    #expect(log == teller.log)
    #expect(try RolloutEngine(replaying: log).snapshot == teller.engine.snapshot)
  }

  @Test("a snapshot taken after any scene, with the log after it, leads to the same state", arguments: Story.all)
  func resumed(_ story: Story) throws {
    var teller = Storyteller()
    for scene in story.scenes { _ = try teller.play(scene.commands) }
    for snapshot in teller.snapshots {
      var engine = try RolloutEngine(snapshot: snapshot)
      #expect(engine.snapshot == snapshot)
      for entry in teller.log where entry.number > engine.number { try engine.replay(entry) }
      #expect(engine.snapshot == teller.engine.snapshot)
      #expect(engine.nextWake == teller.engine.nextWake)
    }
  }
}
