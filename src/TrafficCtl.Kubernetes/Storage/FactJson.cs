using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Facts in a status, and how many of them fit.</summary>
internal static class FactJson
{
    public const int MostText = 4096, MostData = 32 * 1024;

    public static JsonArray Write(ImmutableArray<Fact> facts) => [.. facts.Select(Write)];

    public static ImmutableArray<Fact> Read(JsonArray? list, TargetKey key) =>
        list is null ? [] : [.. list.OfType<JsonObject>().Select(fact => Read(fact, key))];

    /// <summary>The first and the newest: at most so many, and their texts and data at most so many characters.</summary>
    public static ImmutableArray<Fact> Bound(ImmutableArray<Fact> facts, int most, int characters)
    {
        if (facts.Length <= 1) return facts;
        var left = characters - Size(facts[0]);
        var from = facts.Length;
        while (from > 1 && facts.Length - from < most - 1 && left - Size(facts[from - 1]) >= 0) left -= Size(facts[--from]);
        return from == 1 ? facts : [facts[0], .. facts[from..]];
    }

    /// <summary>No single fact may fill a status: a judgement that is too long for it is left out, and the data says so.</summary>
    public static Fact Bound(Fact fact)
    {
        if (fact.Text.Length <= MostText && fact.Data.Length <= MostData) return fact;
        return fact with { Text = Members.Cut(fact.Text, MostText), Data = fact.Data.Length <= MostData ? fact.Data : Shorter(fact.Data) };
    }

    private static string Shorter(string data)
    {
        var note = $"of {data.Length} characters, more than a status may hold";
        var read = RolloutJson.ReadFact(data);
        foreach (var shorter in (FactData[])
        [
            read with { Judgement = read.Judgement is { } judged ? judged with { Findings = [] } : null, More =
                (read.More ?? ImmutableSortedDictionary<string, string>.Empty).SetItem("findingsLeftOut", note) },
            read with { Judgement = null, More = ImmutableSortedDictionary<string, string>.Empty.Add("leftOut", note) },
        ])
            if (RolloutJson.Write(shorter) is { Length: <= MostData } text) return text;
        return RolloutJson.Write(
            new FactData { Generation = read.Generation, More = ImmutableSortedDictionary<string, string>.Empty.Add("leftOut", note) });
    }

    private static int Size(Fact fact) => 256 + fact.Text.Length + fact.Data.Length;

    private static JsonObject Write(Fact fact)
    {
        var json = new JsonObject { ["seq"] = fact.Seq, ["at"] = Members.Time(fact.At) };
        json.Set("rollout", fact.RolloutId);
        (json["kind"], json["what"], json["text"], json["data"]) = (fact.Kind, fact.What, fact.Text, fact.Data);
        return json;
    }

    /// <exception cref="FormatException">Not a fact.</exception>
    private static Fact Read(JsonObject json, TargetKey key) => new(
        json.Number("seq") ?? throw new FormatException("a fact has no seq"),
        json.Time("at"), key, json.Text("rollout"), json.Text("kind") ?? "", json.Text("what") ?? "", json.Text("text") ?? "",
        json.Text("data") ?? "{}");
}
