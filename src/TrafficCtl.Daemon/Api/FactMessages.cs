using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Routing;
using TrafficCtl.V1;
using FactData = TrafficCtl.V1.FactData;

namespace TrafficCtl.Daemon.Api;

/// <summary>A fact of the journal as a message.</summary>
internal static class FactMessages
{
    private const string StepRequests = "stepRequests", StepUsers = "stepUsers", AskedAt = "askedAt";

    /// <summary>The newest facts are asked for each second, and their data is long.</summary>
    private static readonly ConditionalWeakTable<Control.Ports.Fact, Fact> Made = [];

    /// <summary>The same message for the same fact: it is not to be changed.</summary>
    public static Fact Of(Control.Ports.Fact fact) => Made.GetValue(fact, static fact => Presence.Settle(Make(fact)));

    private static Fact Make(Control.Ports.Fact fact) => new()
    {
        Seq = fact.Seq,
        At = fact.At.ToTimestamp(),
        Service = fact.Key.Service,
        Environment = fact.Key.Environment,
        Target = fact.Key.IsOfDefaultTarget ? "" : fact.Key.Target,
        Rollout = fact.RolloutId ?? "",
        Kind = fact.Kind,
        What = fact.What,
        Text = fact.Text,
        Data = DataOf(fact.Data),
    };

    /// <summary>Null for data of a layout that this version does not know: the fact still tells by its text.</summary>
    private static FactData? DataOf(string json)
    {
        try
        {
            return Of(RolloutJson.ReadFact(json));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FactData Of(Control.Persistence.FactData data)
    {
        var message = new FactData
        {
            Phase = data.Phase?.Name ?? "",
            Judgement = data.Judgement is { } judgement ? JudgementMessages.Of(judgement) : null,
            Version = data.Version ?? "",
            Stable = data.Stable ?? "",
            Who = data.Who ?? "",
            Reason = data.Reason ?? "",
            From = data.From ?? "",
        };
        if (data.Generation is { } generation) message.Generation = generation;
        if (data.Phase is { } phase && WhyStory.StepOf(phase) is { } step) message.Step = step + 1;
        if (data.AskedAt is { } at) message.AskedAt = at.ToTimestamp();
        if (data.WishId is { } wish) message.Wish = wish;
        if (data.Accepted is { } accepted) message.Accepted = accepted;
        if (data.Exposure is { } exposure) Add(exposure, message);
        Add(data.More ?? ImmutableSortedDictionary<string, string>.Empty, message);
        return message;
    }

    private static void Add(Exposure exposure, FactData message)
    {
        message.Weight = exposure.General.Candidate;
        message.Cohorts.AddRange(exposure.Cohorts.Select(static c => new CohortWeight { Cohort = c.Cohort, Weight = c.Weights.Candidate }));
        if (exposure.Shadow is { } shadow) message.Shadow = shadow.Candidate;
    }

    /// <summary>Numbers and times as such, everything else by its name.</summary>
    private static void Add(ImmutableSortedDictionary<string, string> more, FactData message)
    {
        foreach (var (name, text) in more)
        {
            if (name == StepRequests && TryRead(text, out var requests)) message.StepRequests = requests;
            else if (name == StepUsers && TryRead(text, out var users)) message.StepUsers = users;
            else if (name == AskedAt && TryReadTime(text, out var at)) message.AskedAt ??= at.ToTimestamp();
            else message.More[name] = text;
        }
    }

    private static bool TryRead(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryReadTime(string text, out DateTimeOffset at) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at);
}
