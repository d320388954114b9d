import FleetModel
import ReleasePipeline

/// Nobody whom checks could ask.
struct NoProbes: AnalysisProbing {
  func measure(_ analysis: Analysis) async -> AnalysisMeasurement { .error("nobody answers in this test") }
}
