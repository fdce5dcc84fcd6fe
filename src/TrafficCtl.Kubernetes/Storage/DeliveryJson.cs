using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>The status of a Delivery. What others write there stays as it is.</summary>
internal static class DeliveryJson
{
    public const string ManagedBy = "app.kubernetes.io/managed-by", Us = "trafficctl";

    public const int MostState = 64 * 1024, MostTried = 96 * 1024;

    /// <summary>A Delivery for a service that annotations declare: it holds nothing but the status.</summary>
    public static JsonObject New(KubeName name) => new()
    {
        ["apiVersion"] = KubeKind.Delivery.ApiVersion,
        ["kind"] = KubeKind.Delivery.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name.Name,
            ["namespace"] = name.Namespace,
            ["labels"] = new JsonObject { [ManagedBy] = Us },
        },
        ["spec"] = new JsonObject { ["service"] = name.Name },
    };

    /// <summary>One that was deleted, to be made again: without its status.</summary>
    public static JsonObject Anew(JsonObject lost)
    {
        var meta = new JsonObject { ["name"] = lost.Meta("name"), ["namespace"] = lost.Meta("namespace") };
        foreach (var kept in (string[])["labels", "annotations"])
            if (lost["metadata"]?[kept] is { } value) meta[kept] = value.DeepClone();
        return new JsonObject
        {
            ["apiVersion"] = KubeKind.Delivery.ApiVersion,
            ["kind"] = KubeKind.Delivery.Kind,
            ["metadata"] = meta,
            ["spec"] = lost["spec"]?.DeepClone(),
        };
    }

    public static bool IsOurs(JsonObject delivery) => delivery.Object("metadata")?.Object("labels")?.Text(ManagedBy) == Us;

    /// <summary>What it says of a service; empty when it was never written, or says it of another environment.</summary>
    /// <exception cref="FormatException">It is damaged, or of another build; the message says where.</exception>
    public static DeliveryState Read(JsonObject delivery, TargetKey key)
    {
        var state = new DeliveryState(key);
        if (delivery.Object("status") is not { } status) return state;
        if (EnvironmentOf(delivery) is { } environment && environment != key.Environment) return state;
        try
        {
            return state with
            {
                Record = status.Object("record") is { } record ? ReadRecord(record, key) : null,
                Ended = status.Object("record")?.Text("ended") is { } ended ? RolloutJson.ReadState(ended) : null,
                Term = status.Object("record") is { } written ? ReadTerm(written) : default,
                Sequence = status.Number("sequence") ?? 0,
                LastWish = status.Number("lastWish") ?? 0,
                Wishes = WishJson.Read(status.List("wishes"), key.Service),
                Facts = FactJson.Read(status.List("facts"), key),
            };
        }
        catch (Exception damage) when (damage is JsonException or FormatException)
        {
            throw new FormatException($"its status cannot be read ({damage.Message})", damage);
        }
    }

    /// <summary>The environment that its record is of; null when it has none.</summary>
    public static string? EnvironmentOf(JsonObject delivery) => delivery.Object("status")?.Object("record")?.Text("environment");

    /// <summary>The whole object with another status, to be put back.</summary>
    /// <exception cref="InvalidOperationException">The state is longer than a status may hold.</exception>
    public static JsonObject Write(JsonObject delivery, DeliveryState state, Action<JsonObject> show)
    {
        var written = delivery.DeepClone().AsObject();
        if (written["status"] is not JsonObject status) written["status"] = status = [];
        if (state.Record is { } record) status["record"] = WriteRecord(record, state);
        status["sequence"] = state.Sequence;
        if (state.LastWish > 0) status["lastWish"] = state.LastWish;
        status["wishes"] = WishJson.Write(state.Wishes);
        status["facts"] = FactJson.Write(state.Facts);
        show(status);
        return written;
    }

    private static JsonObject WriteRecord(ServiceRecord record, DeliveryState state)
    {
        var json = new JsonObject { ["environment"] = record.Key.Environment, ["generation"] = record.Generation };
        if (state.Term != LeaderTerm.None) (json["lease"], json["term"]) = (Members.Time(state.Term.LeaseMadeAt), state.Term.Transitions);
        (json["lastGood"], json["lastNumber"], json["tried"]) = (record.LastGood, record.LastNumber, Tried(record.Tried));
        json.Set("queued", record.Queued);
        json.Set("active", record.Active is { } active ? State(active) : null);
        json.Set("ended", state.Ended is { } ended ? State(ended) : null);
        json.Set("learnt", Convert.ToBase64String(record.Learnt.Span));
        return json;
    }

    private static string State(RolloutState state) => RolloutJson.Write(state) is { Length: <= MostState } text
        ? text
        : throw new InvalidOperationException(
            $"Rollout {state.Id} takes more than {MostState} characters, which is more than a status may hold: its plan has "
                + $"{state.Plan.Steps.Length} steps; use fewer.");

    /// <summary>The newest that fit.</summary>
    private static string Tried(ImmutableArray<TriedVersion> tried)
    {
        while (true)
        {
            var text = RolloutJson.Write(tried);
            if (text.Length <= MostTried) return text;
            tried = tried[(1 + (tried.Length / 8))..];
        }
    }

    private static ServiceRecord ReadRecord(JsonObject json, TargetKey key)
    {
        return new ServiceRecord(
            key, Required(json.Text("lastGood"), "lastGood"), (int)(json.Number("lastNumber") ?? 0),
            json.Number("generation") ?? throw new FormatException("generation is missing"),
            RolloutJson.ReadTried(Required(json.Text("tried"), "tried")),
            json.Text("active") is { } active ? RolloutJson.ReadState(active) : null, default, json.Text("queued"))
        {
            Learnt = json.Text("learnt") is { } learnt ? Convert.FromBase64String(learnt) : default,
        };
    }

    private static LeaderTerm ReadTerm(JsonObject json) =>
        json.Number("term") is { } term ? new LeaderTerm(json.Time("lease"), term) : LeaderTerm.None;

    private static string Required(string? text, string name) => text ?? throw new FormatException($"{name} is missing");
}
