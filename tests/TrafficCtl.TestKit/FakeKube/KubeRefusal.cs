using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>The server says no; <see cref="Status"/> is the body of its answer.</summary>
internal sealed class KubeRefusal(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public JsonObject Status { get; } = Of(code, reason, message, details);

    public static KubeRefusal NotFound(string group, string plural, string name) =>
        new(404, "NotFound", $"{Qualified(group, plural)} \"{name}\" not found", Details(group, plural, name));

    public static KubeRefusal NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static KubeRefusal AlreadyExists(string group, string plural, string name) =>
        new(409, "AlreadyExists", $"{Qualified(group, plural)} \"{name}\" already exists", Details(group, plural, name));

    public static KubeRefusal Conflict(string group, string plural, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {Qualified(group, plural)} \"{name}\": {why}", Details(
            group, plural, name));

    public static KubeRefusal Modified(string group, string plural, string name) =>
        Conflict(group, plural, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static KubeRefusal Expired(string message, string? goOnWith = null)
    {
        var refusal = new KubeRefusal(410, "Expired", message);
        if (goOnWith is not null) refusal.Status["metadata"] = new JsonObject { ["continue"] = goOnWith };
        return refusal;
    }

    public static KubeRefusal BadRequest(string message) => new(400, "BadRequest", message);

    public static KubeRefusal Invalid(string group, string kind, string name, IReadOnlyCollection<KubeProblem> problems) =>
        new(422, "Invalid", $"{Qualified(group, kind)} \"{name}\" is invalid: " + string.Join(", ", problems), new JsonObject
        {
            ["name"] = name,
            ["group"] = group,
            ["kind"] = kind,
            ["causes"] = new JsonArray(
                [.. problems.Select(p => new JsonObject { ["reason"] = p.Reason, ["message"] = p.Message, ["field"] = p.Field })]),
        });

    /// <summary>What a JSON Patch that does not fit answers: not 409, and not a word of what did not fit.</summary>
    public static KubeRefusal PatchFailed() => new(422, "Invalid", "the server rejected our request due to an error in our request", []);

    public static JsonObject Of(int code, string reason, string message, JsonObject? details) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = code < 400 ? "Success" : "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["details"] = details,
        ["code"] = code,
    };

    private static string Qualified(string group, string name) => group.Length == 0 ? name : $"{name}.{group}";

    private static JsonObject Details(string group, string plural, string name) =>
        new() { ["name"] = name, ["group"] = group, ["kind"] = plural };
}

/// <summary>What is wrong with one field.</summary>
internal readonly record struct KubeProblem(string Field, string Reason, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}
