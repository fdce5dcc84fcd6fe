using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>Whom the server knows by a token, and what each may: token reviews and subject access reviews.</summary>
public sealed class KubeCallers
{
    private readonly ConcurrentDictionary<string, (string User, string[] Groups, string Audience)> tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Subject, string Verb, string Namespace), bool> rights = new();

    /// <summary>The server does not know audiences, as one with a webhook of old does not.</summary>
    public bool LeavesAudiencesOut { get; set; }

    /// <summary>The token is good, for the API server unless another audience is named.</summary>
    public void Know(string token, string user, string[]? groups = null, string audience = "api") =>
        tokens[token] = (user, groups ?? ["system:authenticated"], audience);

    public void Forget(string token) => tokens.TryRemove(token, out _);

    /// <summary>A user or a group may do that to rollouts of a namespace; of all of them where it is empty.</summary>
    public void Grant(string subject, string verb, string @in = "") => rights[(subject, verb, @in)] = true;

    public void Withdraw(string subject, string verb, string @in = "") => rights.TryRemove((subject, verb, @in), out _);

    /// <summary>The review with its answer; null when it is none.</summary>
    internal JsonObject? Review(string kind, JsonNode? body)
    {
        if (kind is not ("TokenReview" or "SubjectAccessReview") || body is not JsonObject asked) return null;
        var review = asked.DeepClone().AsObject();
        review["status"] = kind == "TokenReview" ? WhoIs(asked["spec"]!.AsObject()) : Whether(asked["spec"]!.AsObject());
        return review;
    }

    private JsonObject WhoIs(JsonObject spec)
    {
        var audience = (string?)spec["audiences"]?[0] ?? "api";
        if (!tokens.TryGetValue((string)spec["token"]!, out var known) || (known.Audience != audience && !LeavesAudiencesOut))
            return new JsonObject { ["user"] = new JsonObject(), ["error"] = "[invalid bearer token]" };
        var status = new JsonObject
        {
            ["authenticated"] = true,
            ["user"] = new JsonObject
            {
                ["username"] = known.User,
                ["uid"] = "1234",
                ["groups"] = new JsonArray([.. known.Groups.Select(static g => (JsonNode)g)]),
                ["extra"] = new JsonObject { ["authentication.kubernetes.io/pod-name"] = new JsonArray("web-0") },
            },
        };
        if (!LeavesAudiencesOut) status["audiences"] = new JsonArray(audience);
        return status;
    }

    private JsonObject Whether(JsonObject spec)
    {
        var what = spec["resourceAttributes"]!;
        var isRollouts = (string?)what["group"] == "trafficctl.io" && (string?)what["resource"] == "rollouts";
        string[] subjects = [(string)spec["user"]!, .. spec["groups"]?.AsArray().Select(static g => (string)g!) ?? []];
        var (verb, space) = ((string)what["verb"]!, (string?)what["namespace"] ?? "");
        return new JsonObject
        {
            ["allowed"] = isRollouts && subjects.Any(subject => May(subject, verb, space) || May(subject, "*", space)),
        };
    }

    /// <summary>A right in all namespaces is one in each.</summary>
    private bool May(string subject, string verb, string space) =>
        rights.ContainsKey((subject, verb, space)) || rights.ContainsKey((subject, verb, ""));
}
