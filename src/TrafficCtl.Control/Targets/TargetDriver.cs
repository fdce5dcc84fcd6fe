using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Targets;

/// <summary>The ports of one target, and what it can do.</summary>
/// <param name="Router">Moves its traffic.</param>
/// <param name="Metrics">Measures its arms.</param>
/// <param name="Gates">Asked in this order; the first that answers a gate is asked for it.</param>
/// <param name="Abilities">What a file may ask of it.</param>
public sealed record TargetDriver(ITrafficRouter Router, IMetricSource Metrics, ImmutableArray<IGateSource> Gates, Abilities Abilities);
