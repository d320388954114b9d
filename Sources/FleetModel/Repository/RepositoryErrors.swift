public import Manifests

extension FleetError.Code {
  /// A name that stands for nothing: an environment, a pipeline or an app that is declared nowhere.
  public static let unknownReference = FleetError.Code("unknown-reference")
  /// Two declarations of one name.
  public static let duplicateName = FleetError.Code("duplicate-name")
  /// A file or directory of declarations that is not there, or is something else.
  public static let declarationFile = FleetError.Code("declaration-file")
  /// Apps that depend on each other in a circle.
  public static let dependencyCycle = FleetError.Code("dependency-cycle")
  /// A cluster that no stage of a pipeline takes in: nothing would ever reach it.
  public static let noStage = FleetError.Code("no-stage")
}
