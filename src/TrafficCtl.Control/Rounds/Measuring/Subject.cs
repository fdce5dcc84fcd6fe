using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>What is measured.</summary>
/// <param name="Spec">The file's word.</param>
/// <param name="Record">The store's word; null while it is not known.</param>
/// <param name="Slot">The target's place among all: it spreads the ends of their ticks.</param>
internal readonly record struct Subject(ServiceSpec Spec, ServiceRecord? Record, int Slot);
