using System.Collections.Immutable;
using TrafficCtl.Control.Rounds.State;

namespace TrafficCtl.Control.Rounds.Reporting;

/// <summary>What is good to know of a service and asks for nothing: no trouble, so no alert counts it.</summary>
internal static class Notes
{
    public static ImmutableArray<string> Of(TargetState state)
    {
        if (state.Known.Record is not { } record) return [];
        var spec = state.Declared.Spec;
        var notes = ImmutableArray.CreateBuilder<string>();
        // On a cluster nobody declares a stable version: a good one serves from the slot that it came up in.
        if (spec.Target.NamesVersions && record.LastGood != spec.Stable)
            notes.Add($"the file still says stable: {spec.Stable}, which counts at the first start only; {record.LastGood}, the last good "
                + "version, is in force");
        if (state.Known.LostWords is { } lost && record.Active is not null) notes.Add(lost);
        return notes.DrainToImmutable();
    }
}
