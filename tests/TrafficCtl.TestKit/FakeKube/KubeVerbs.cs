using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.TestKit;

/// <summary>The verbs on one object, as HTTP asks for them.</summary>
internal sealed class KubeVerbs(KubeObjects objects, TimeProvider clock)
{
    private const int MostOperations = 10_000;

    private readonly KubeWrites writes = new(objects, clock);
    private readonly KubeCrds crds = new(objects, clock);

    public (int Code, JsonObject Body) Do(KubeCall call, KubeRequest at, JsonNode? body, HttpRequest request)
    {
        var query = request.Query;
        var options = new KubeWriteOptions(
            new KubeWriter(Manager(call, query), at.Subresource),
            query["fieldValidation"].ToString() is { Length: > 0 } asked ? asked : "Warn",
            query["dryRun"] == "All");
        switch (call.Verb)
        {
            case "get": return (200, Show(writes.Find(at), at));
            case "create":
                if (at.Resource!.IsNamespaced && at.Namespace is null)
                    throw KubeRefusal.BadRequest("an empty namespace may not be set during creation");
                return (201, Show(Settled(at, writes.Create(at, Object(body), options), options), at));
            case "update": return (200, Show(Settled(at, writes.Update(at, _ => Object(body), options, isPatch: false), options), at));
            case "patch": return Patch(call.ContentType, at, body, options, query["force"] is [("true" or "1")]);
            case "delete": return (200, Delete(at, body as JsonObject, options.DryRun));
            default:
                foreach (var there in Collection(at, query))
                    Delete(at with { Namespace = Text(there, "namespace"), Name = Text(there, "name") }, null, options.DryRun);
                return (200, KubeRefusal.Of(200, "", "", null));
        }
    }

    public (int Code, JsonObject Body) Patch(string type, KubeRequest at, JsonNode? body, KubeWriteOptions options, bool force)
    {
        switch (type)
        {
            case "application/json-patch+json":
                if (body is not JsonArray operations) throw KubeRefusal.BadRequest("a JSON Patch is a list of operations");
                if (operations.Count > MostOperations)
                    throw new KubeRefusal(
                        413, "RequestEntityTooLarge",
                        $"The allowed maximum operations in a JSON patch is {MostOperations}, got {operations.Count}");
                return (200, Patched(at, live => JsonPatched(live, operations), options));
            case "application/merge-patch+json":
                return (200, Patched(at, live => JsonPatch.Merge(live, Object(body))!.AsObject(), options));
            case "application/strategic-merge-patch+json" when !at.Resource!.IsCustom:
                return (200, Patched(at, live => StrategicMerge.Merge(live, Object(body))!.AsObject(), options));
            case "application/apply-patch+yaml": return Apply(at, Object(body), options, force);
            default:
                throw new KubeRefusal(415, "UnsupportedMediaType",
                    $"the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                        + $"application/merge-patch+json, application/apply-patch+yaml (not {type})");
        }
    }

    public JsonObject Delete(KubeRequest at, JsonObject? options, bool dryRun)
    {
        var live = writes.Find(at);
        var kept = writes.Delete(at, options, dryRun);
        if (kept is not null) return Show(kept, at);
        if (KubeCrds.IsCrd(at.Resource!) && !dryRun) crds.Forget(live);
        return KubeRefusal.Of(200, "", "", new JsonObject
        {
            ["name"] = at.Name,
            ["group"] = at.Resource!.Group,
            ["kind"] = at.Resource.Plural,
            ["uid"] = Text(live, "uid"),
        });
    }

    /// <summary>A definition takes effect with the write that made it.</summary>
    public JsonObject Settled(KubeRequest at, JsonObject written, KubeWriteOptions options) =>
        !KubeCrds.IsCrd(at.Resource!) || options.DryRun ? written : crds.Establish(written);

    public KubeWrites Writes => writes;

    private (int Code, JsonObject Body) Apply(KubeRequest at, JsonObject body, KubeWriteOptions options, bool force)
    {
        if (options.Writer.Manager.Length == 0)
            throw KubeRefusal.BadRequest(
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        if (body["apiVersion"] is null || body["kind"] is null)
            throw KubeRefusal.BadRequest("an applied object names its apiVersion and kind");
        var mine = options with { Writer = options.Writer with { Applied = body } };
        if (at.Resource!.Objects.ContainsKey(KubeResource.Key(at.Namespace, at.Name!)))
            return (200, Patched(at, live => KubeApply.Merge(live, body, mine.Writer, force, at.Resource, at.Name!), mine));
        if (at.Subresource.Length > 0) throw KubeRefusal.NotFound(at.Resource.Group, at.Resource.Plural, at.Name!);
        return (201, Show(Settled(at, writes.Create(at, body, mine), mine), at));
    }

    private JsonObject Patched(KubeRequest at, Func<JsonObject, JsonObject> change, KubeWriteOptions options) =>
        Show(Settled(at, writes.Update(at, change, options, isPatch: true), options), at);

    private static JsonObject JsonPatched(JsonObject live, JsonArray operations)
    {
        try
        {
            return JsonPatch.Apply(live, operations) as JsonObject ?? throw new JsonPatchException("what is left is not an object");
        }
        catch (JsonPatchException)
        {
            throw KubeRefusal.PatchFailed();
        }
        catch (FormatException e)
        {
            throw KubeRefusal.BadRequest(e.Message);
        }
    }

    private JsonObject[] Collection(KubeRequest at, IQueryCollection query)
    {
        var selector = KubeSelector.Parse(query["labelSelector"], query["fieldSelector"]);
        return [.. new KubeReads(objects).Select(at, selector)];
    }

    private static string Manager(KubeCall call, IQueryCollection query) =>
        query["fieldManager"].ToString() is { Length: > 0 } named
            ? named
            : call.ContentType.Contains("apply", StringComparison.Ordinal) ? "" : call.Agent.Split('/')[0];

    private static JsonObject Show(JsonObject stored, KubeRequest at) => KubeShow.As(stored, at.Resource!, at.Version!.Name);

    private static JsonObject Object(JsonNode? body) => body as JsonObject ?? throw KubeRefusal.BadRequest("the body is no object");

    private static string? Text(JsonObject of, string key) => of["metadata"]![key]?.GetValue<string>();
}
