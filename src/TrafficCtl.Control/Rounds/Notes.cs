using System.Collections.Immutable;

namespace TrafficCtl.Control.Rounds;

/// <summary>What is good to know of a service and asks for nothing: no trouble, so no alert counts it.</summary>
internal static class Notes
{
    public static ImmutableArray<string> Of(Track track)
    {
        if (track.Record is not { } record) return [];
        var notes = ImmutableArray.CreateBuilder<string>();
        // On a cluster nobody declares a stable version: a good one serves from the slot that it came up in.
        if (track.Spec.Target.NamesVersions && record.LastGood != track.Spec.Stable)
            notes.Add($"the file still says stable: {track.Spec.Stable}, which counts at the first start only; {record.LastGood}, the last good version, is in force");
        if (track.LostWords is not null && record.Active is not null) notes.Add(track.LostWords);
        return notes.DrainToImmutable();
    }
}
