using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Conditions as kstatus reads them. Those of other writers stay.</summary>
internal static class Conditions
{
    public const string Ready = "Ready", Reconciling = "Reconciling", Stalled = "Stalled", Accepted = "Accepted", Serving = "Serving",
        Rejected = "Rejected";

    /// <summary>The reason why <see cref="Accepted"/> is false where nothing is declared.</summary>
    public const string NotDeclared = "NotDeclared";

    /// <summary>The time is that of the last change of the status, not of the words.</summary>
    public static void Set(JsonObject status, string type, bool isTrue, string reason, string message, long generation, DateTimeOffset now)
    {
        if (status["conditions"] is not JsonArray list) status["conditions"] = list = [];
        var condition = Find(status, type);
        if (condition is null) list.Add(condition = new JsonObject { ["type"] = type });
        var word = isTrue ? "True" : "False";
        if (condition.Text("status") != word || condition.Text("lastTransitionTime") is null)
            (condition["status"], condition["lastTransitionTime"]) = (word, Members.Seconds(now));
        (condition["reason"], condition["message"]) = (reason, Members.Cut(message, FactJson.MostText));
        if (generation > 0) condition["observedGeneration"] = generation;
    }

    public static bool Is(JsonObject status, string type, bool isTrue) => Find(status, type)?.Text("status") == (isTrue ? "True" : "False");

    /// <summary>Its reason and message where its status is False; null where it is not, or is not there.</summary>
    public static (string Reason, string Message)? WhyNot(JsonObject status, string type) =>
        Find(status, type) is { } found && found.Text("status") == "False"
            ? (found.Text("reason") ?? "", found.Text("message") ?? "")
            : null;

    public static void Remove(JsonObject status, string type)
    {
        if (Find(status, type) is { } found) status["conditions"]!.AsArray().Remove(found);
    }

    private static JsonObject? Find(JsonObject status, string type) =>
        (status["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);
}
