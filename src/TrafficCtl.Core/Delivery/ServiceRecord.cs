using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Core.Delivery;

/// <summary>A version that a rollout was begun for, with the endpoints it had then.</summary>
public sealed record TriedVersion(string Version, string Fingerprint);

/// <summary>What the store knows of one service in one environment.</summary>
/// <param name="LastGood">The version in force without a rollout; it wins over the file's <c>stable</c>.</param>
/// <param name="LastNumber">n of the newest rollout; 0 before the first.</param>
/// <param name="Generation">Of the newest saved decision.</param>
/// <param name="Tried">Versions that need a retry or changed endpoints to start again.</param>
/// <param name="Active">The one rollout that is not final; null without one.</param>
/// <param name="Evidence">The active rollout's last checkpoint; empty without one.</param>
public sealed record ServiceRecord(
    ServiceKey Key, string LastGood, int LastNumber, long Generation,
    ImmutableArray<TriedVersion> Tried, RolloutState? Active, ReadOnlyMemory<byte> Evidence);
