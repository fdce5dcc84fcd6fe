using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Reporting;

/// <summary>Trouble that a person should know of and can do something about.</summary>
/// <remarks>What asks for nothing is one of the <see cref="Notes"/>.</remarks>
internal static class Warnings
{
    public static ImmutableArray<string> Of(TargetState state, RouterStatus? router, string? storeTrouble, ImmutableArray<string> notices)
    {
        ImmutableArray<string>.Builder? words = null;
        void Say(string? text)
        {
            if (text is not null) (words ??= ImmutableArray.CreateBuilder<string>()).Add(text);
        }

        var (known, routed, measured) = (state.Known, state.Routed, state.Measured);
        if (known.StateLost is { } lost) Say($"{lost.TrimEnd('.')}, or acknowledge the loss with resume");
        if (storeTrouble is not null) Say($"the store cannot be used ({storeTrouble}): traffic goes on and no step advances");
        if (known.Trouble is { } unread && unread != storeTrouble)
            Say($"what the store says of {state.Declared.Spec.Key.Name} cannot be read ({unread.TrimEnd('.')}): the router goes on as it "
                + "was told last, and nothing is decided");
        Say(router?.Withheld);
        if (routed.Trouble is not null) Say($"the split cannot be written or confirmed ({routed.Trouble}): the last one stays");
        Say(Beside(router?.Warning, routed.Trouble));
        if (routed.IsAhead) Say("the router holds something newer than the store");
        if (router?.Drift is { } drift) Say(drift.Text);
        if (measured.Trouble is not null && measured.IsRead)
            Say($"the measurements are in doubt ({measured.Trouble}): what is not measured holds");
        else if (measured.Trouble is not null) Say($"nothing can be measured ({measured.Trouble}): the rollout holds");
        if (state.Health.Words is not null && state.Health.Words != known.Trouble)
            Say($"a round failed inside ({state.Health.Words}): it is retried");
        if (router?.Trip is { } trip) Say($"the safety breaker tripped: {trip.Why}");
        if (known.Record is { } record) Say(Unlisted(state.Declared.Spec, router, record.LastGood));
        foreach (var notice in notices) Say(notice);
        return words is null ? [] : words.ToImmutable();
    }

    /// <summary>The last good version has nobody who names it.</summary>
    private static string? Unlisted(ServiceSpec spec, RouterStatus? router, string lastGood)
    {
        switch (spec.FindVersion(lastGood))
        {
            case { IsRetained: true } retained:
                return $"{lastGood} serves and is not in the file: it goes on at its last known endpoints "
                    + $"({string.Join(", ", retained.Endpoints.Select(e => e.AbsoluteUri.TrimEnd('/')))}). "
                    + "List it again, or publish another version and wait until that is good";
            case not null:
                return null;
        }

        if (!spec.Target.NamesVersions)
            return $"the last good version {lastGood} runs behind none of the service's slots: bring its template back, or what serves "
                + "has no rollout behind it";
        var serves = router?.StandIn ?? spec.Stable;
        return $"{serves} serves in the place of {lastGood}, the last good version, which is not in the file and whose last endpoints are "
            + $"not known or do not answer: no rollout has shown {serves} to be good. "
            + $"List {lastGood} again, or publish {serves}";
    }

    /// <summary>What the router warns of beside the trouble that is reported already.</summary>
    private static string? Beside(string? warning, string? trouble)
    {
        if (warning is null || trouble is null || !warning.StartsWith(trouble, StringComparison.Ordinal)) return warning;
        var rest = warning[trouble.Length..].TrimStart(';', ' ');
        return rest.Length == 0 ? null : rest;
    }
}
