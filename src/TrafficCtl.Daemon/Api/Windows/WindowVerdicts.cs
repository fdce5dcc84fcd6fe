using System.Collections.Immutable;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>The verdicts of a request, one for each trace.</summary>
internal sealed record WindowVerdicts(ImmutableArray<JudgedTrace> Traces);
