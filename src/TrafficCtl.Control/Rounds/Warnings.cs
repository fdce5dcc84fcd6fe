using System.Collections.Immutable;

namespace TrafficCtl.Control.Rounds;

/// <summary>Trouble that a person should know of and can do something about.</summary>
/// <remarks>What asks for nothing is one of the <see cref="Notes"/>.</remarks>
internal static class Warnings
{
    public static ImmutableArray<string> Of(Track track, string? storeTrouble, ImmutableArray<string> notices)
    {
        ImmutableArray<string>.Builder? words = null;
        void Say(string? text)
        {
            if (text is not null) (words ??= ImmutableArray.CreateBuilder<string>()).Add(text);
        }

        if (track.StateLost is { } lost) Say($"{lost.TrimEnd('.')}, or acknowledge the loss with resume");
        if (storeTrouble is not null) Say($"the store cannot be used ({storeTrouble}): traffic goes on and no step advances");
        if (track.LoadTrouble is { } unread && unread != storeTrouble)
            Say($"what the store says of {track.Key.Name} cannot be read ({unread.TrimEnd('.')}): the router goes on as it was told last, and nothing is decided");
        Say(track.Router?.Withheld);
        if (track.RouterTrouble is not null) Say($"the split cannot be written or confirmed ({track.RouterTrouble}): the last one stays");
        Say(Beside(track.Router?.Warning, track.RouterTrouble));
        if (track.IsRouterAhead) Say("the router holds something newer than the store");
        if (track.Router?.Drift is { } drift) Say(drift.Text);
        if (track.MetricTrouble is not null && track.IsMeasured) Say($"the measurements are in doubt ({track.MetricTrouble}): what is not measured holds");
        else if (track.MetricTrouble is not null) Say($"nothing can be measured ({track.MetricTrouble}): the rollout holds");
        if (track.FaultWords is not null && track.FaultWords != track.LoadTrouble) Say($"a round failed inside ({track.FaultWords}): it is tried again");
        if (track.Router?.Trip is { } trip) Say($"the safety breaker tripped: {trip.Why}");
        if (track.Record is { } record) Say(Unlisted(track, record.LastGood));
        foreach (var notice in notices) Say(notice);
        return words is null ? [] : words.ToImmutable();
    }

    /// <summary>The last good version has nobody who names it.</summary>
    private static string? Unlisted(Track track, string lastGood)
    {
        switch (track.Spec.FindVersion(lastGood))
        {
            case { IsRetained: true } retained:
                return $"{lastGood} serves and is not in the file: it goes on at its last known endpoints ({string.Join(", ", retained.Endpoints.Select(e => e.AbsoluteUri.TrimEnd('/')))}). "
                    + "List it again, or publish another version and wait until that is good";
            case not null:
                return null;
        }

        if (!track.Spec.Target.NamesVersions)
            return $"the last good version {lastGood} runs behind none of the service's slots: bring its template back, or what serves has no rollout behind it";
        var serves = track.Router?.StandIn ?? track.Spec.Stable;
        return $"{serves} serves in the place of {lastGood}, the last good version, which is not in the file and whose last endpoints are not known or do not answer: no rollout has shown {serves} to be good. "
            + $"List {lastGood} again, or publish {serves}";
    }

    /// <summary>What the router warns of beside the trouble that is told already.</summary>
    private static string? Beside(string? warning, string? trouble)
    {
        if (warning is null || trouble is null || !warning.StartsWith(trouble, StringComparison.Ordinal)) return warning;
        var rest = warning[trouble.Length..].TrimStart(';', ' ');
        return rest.Length == 0 ? null : rest;
    }
}
