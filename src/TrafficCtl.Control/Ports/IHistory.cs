using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Ports;

/// <summary>What a store keeps of the past, for reading.</summary>
/// <remarks>Every method may throw <see cref="StoreUnavailableException"/>.</remarks>
public interface IHistory
{
    /// <summary>Facts, newest first.</summary>
    ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop);

    /// <summary>Rollouts of which windows are kept, newest first.</summary>
    ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop);

    /// <summary>
    /// The pieces of one rollout's windows, oldest first. A later one may repeat ticks of an earlier one, under the same numbers.
    /// </summary>
    /// <remarks>A damaged piece is given as it is found: its seal tells.</remarks>
    /// <param name="rolloutId">Whose.</param>
    /// <param name="from">Pieces that end before this tick of the recording may be left out; 0 for all.</param>
    /// <param name="stop">Ends the call.</param>
    ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop);
}

/// <summary>A piece of the windows that a rollout was judged by (<see cref="Core.Recording.TickWriter"/>).</summary>
/// <param name="First">The number of its first tick in the recording, from 0.</param>
/// <param name="Count">Ticks in it.</param>
/// <param name="From">The end of its first tick.</param>
/// <param name="To">The end of its last tick.</param>
/// <param name="Data">Valid during the call only, in a checkpoint.</param>
public sealed record RecordedWindows(long First, int Count, DateTimeOffset From, DateTimeOffset To, ReadOnlyMemory<byte> Data);

/// <param name="State">The rollout as the store holds it.</param>
/// <param name="From">The end of the first recorded tick.</param>
/// <param name="To">The end of the last one.</param>
/// <param name="Ticks">Recorded ticks.</param>
/// <param name="Bytes">What they take in the store, about.</param>
public sealed record RecordedRollout(RolloutState State, DateTimeOffset From, DateTimeOffset To, long Ticks, long Bytes);

/// <param name="Service">Null for all.</param>
/// <param name="RolloutId">Null for all.</param>
/// <param name="Since">Only recordings that end later; null for all.</param>
/// <param name="Limit">The newest so many.</param>
public sealed record RecordingQuery(string? Service = null, string? RolloutId = null, DateTimeOffset? Since = null, int Limit = 100);

/// <param name="Before">Recordings that ended earlier go.</param>
/// <param name="MostBytes">When all take more, the oldest go.</param>
public sealed record WindowRetention(DateTimeOffset Before, long MostBytes);

/// <param name="Bytes">What all recordings take now, about.</param>
/// <param name="HasMore">There is more to delete: call again.</param>
public readonly record struct WindowStock(long Bytes, bool HasMore);
