using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Reviews;

/// <summary>Asks the API server whose a bearer token is, and what its user may.</summary>
/// <param name="kube">The API of the cluster.</param>
/// <param name="audience">Whom tokens must be for; null for the API server's own.</param>
public sealed class KubeReviews(IKube kube, string? audience)
{
    private static readonly KubeKind TokenReview = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", IsNamespaced: false);

    private static readonly KubeKind AccessReview =
        new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", IsNamespaced: false);

    /// <summary>Null when the cluster does not know the token, or not for this audience.</summary>
    /// <exception cref="KubeException">It cannot be asked.</exception>
    public async Task<KubeUser?> WhoAsync(string token, CancellationToken stop)
    {
        var spec = new JsonObject { ["token"] = token };
        if (audience is not null) spec["audiences"] = new JsonArray(audience);
        var review = await kube.CreateAsync(TokenReview, null, Object(TokenReview, spec), stop);
        if (review["status"] is not JsonObject status || !IsTrue(status["authenticated"])) return null;
        // A server that does not know audiences lets them out: then the token may be for anybody.
        if (audience is not null && !Texts(status["audiences"]).Contains(audience)) return null;
        return status["user"] is JsonObject user && Text(user["username"]) is { Length: > 0 } name
            ? new KubeUser(name, Text(user["uid"]), Texts(user["groups"]), user["extra"] as JsonObject)
            : null;
    }

    /// <summary>Whether the user may do that to the rollouts of a namespace.</summary>
    /// <param name="user">As <see cref="WhoAsync"/> has it.</param>
    /// <param name="verb">As RBAC knows them; <c>*</c> for all that there are.</param>
    /// <param name="in">The namespace; null for all of them.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="KubeException">It cannot be asked.</exception>
    public async Task<bool> MayAsync(KubeUser user, string verb, string? @in, CancellationToken stop)
    {
        var what = new JsonObject { ["group"] = KubeKind.Rollout.Group, ["resource"] = KubeKind.Rollout.Plural, ["verb"] = verb };
        if (@in is not null) what["namespace"] = @in;
        var spec = new JsonObject { ["user"] = user.Name, ["resourceAttributes"] = what };
        if (user.Uid.Length > 0) spec["uid"] = user.Uid;
        if (!user.Groups.IsEmpty) spec["groups"] = new JsonArray([.. user.Groups.Select(static g => (JsonNode)g)]);
        if (user.Extra is { } extra) spec["extra"] = extra.DeepClone();
        var review = await kube.CreateAsync(AccessReview, null, Object(AccessReview, spec), stop);
        return review["status"] is JsonObject status && IsTrue(status["allowed"]) && !IsTrue(status["denied"]);
    }

    private static JsonObject Object(KubeKind kind, JsonObject spec) =>
        new() { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["spec"] = spec };

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool isTrue) && isTrue;

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static ImmutableArray<string> Texts(JsonNode? node) =>
        node is JsonArray list ? [.. list.Select(Text).Where(static text => text.Length > 0)] : [];
}

/// <summary>A user as the API server knows it.</summary>
/// <param name="Name">Such as <c>system:serviceaccount:ci:deployer</c>.</param>
/// <param name="Uid">Empty where there is none.</param>
/// <param name="Groups">Those of the user.</param>
/// <param name="Extra">What else an authenticator says.</param>
public sealed record KubeUser(string Name, string Uid, ImmutableArray<string> Groups, JsonObject? Extra);
