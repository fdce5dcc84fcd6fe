using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>A service as it was read, with where each value comes from.</summary>
/// <param name="Values">Every value in force, in the order of the schema.</param>
/// <param name="Warnings">Right, but perhaps not what was meant; <c>check</c> prints them.</param>
public sealed record Delivered(ServiceSpec Spec, ImmutableArray<EffectiveValue> Values, ImmutableArray<Problem> Warnings);
