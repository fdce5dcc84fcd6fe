using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.TestKit;

/// <summary>What a write says of itself beside its body.</summary>
/// <param name="Validation">Strict, Warn or Ignore.</param>
internal sealed record KubeWriteOptions(KubeWriter Writer, string Validation = "Warn", bool DryRun = false);

/// <summary>The rules of writing: names, versions, generation, status, finalizers, schema, ownership of fields.</summary>
internal sealed partial class KubeWrites(KubeObjects objects, TimeProvider clock)
{
    public JsonObject Create(KubeRequest at, JsonObject body, KubeWriteOptions options)
    {
        var (resource, version) = (at.Resource!, at.Version!);
        var now = body.DeepClone().AsObject();
        CheckIdentity(at, now);
        var metadata = Metadata(now);
        var name = Name(at, metadata);
        metadata["name"] = name;
        if (resource.IsNamespaced) metadata["namespace"] = at.Namespace;
        if (resource.Objects.ContainsKey(KubeResource.Key(at.Namespace, name)))
            throw KubeRefusal.AlreadyExists(resource.Group, resource.Plural, name);
        foreach (var set in new[] { "resourceVersion", "managedFields", "generation", "deletionTimestamp" }) metadata.Remove(set);
        metadata["uid"] = objects.NewUid();
        metadata["creationTimestamp"] = KubeTime.Text(clock.GetUtcNow());
        if (resource.HasGeneration) metadata["generation"] = 1;
        if (version.HasStatus) now.Remove("status");
        KubeSchema.Admit(resource, version, now, options.Validation, isPatch: false);
        FieldOwners.Note(null, now, options.Writer, KubeShow.ApiVersion(resource.Group, version.Name), clock.GetUtcNow());
        if (options.DryRun) return now;
        var made = objects.Commit(resource, KubeResource.Key(at.Namespace, name), null, now, gone: false);
        objects.CollectOrphan(resource, KubeResource.Key(at.Namespace, name), made);
        return made;
    }

    /// <param name="at">The object or its status.</param>
    /// <param name="change">From what is there, in the version of the request, to what is wanted.</param>
    /// <param name="options">The options of the write.</param>
    /// <param name="isPatch">A PUT names the version it replaces; a patch may.</param>
    public JsonObject Update(KubeRequest at, Func<JsonObject, JsonObject> change, KubeWriteOptions options, bool isPatch)
    {
        var (resource, version) = (at.Resource!, at.Version!);
        var old = Find(at);
        var wanted = change(KubeShow.As(old, resource, version.Name));
        CheckIdentity(at, wanted);
        CheckVersion(at, old, Metadata(wanted), isPatch);
        var next = at.Subresource == "status" ? OnlyStatus(old, wanted) : ExceptStatus(old, wanted, version);
        Carry(old, next);
        KubeSchema.Admit(resource, version, next, options.Validation, isPatch);
        var meta = Metadata(next);
        if (resource.HasGeneration && !SameSpec(old, next, version))
            meta["generation"] = (old["metadata"]!["generation"]?.GetValue<long>() ?? 0) + 1;
        if (Same(old, next) && options.Writer.Applied is null) return old;
        FieldOwners.Note(old, next, options.Writer, KubeShow.ApiVersion(resource.Group, version.Name), clock.GetUtcNow());
        if (JsonNode.DeepEquals(WithoutTimes(old), WithoutTimes(next))) return old;
        var gone = meta["deletionTimestamp"] is not null && meta["finalizers"] is not JsonArray { Count: > 0 };
        if (options.DryRun) return next;
        var stored = objects.Commit(resource, KubeResource.Key(at.Namespace, at.Name!), old, next, gone);
        if (gone) objects.Collect(stored);
        return stored;
    }

    /// <returns>The object while finalizers keep it, null when it is gone.</returns>
    public JsonObject? Delete(KubeRequest at, JsonObject? options, bool dryRun)
    {
        var resource = at.Resource!;
        var old = Find(at);
        foreach (var (key, field) in new[] { ("uid", "UID"), ("resourceVersion", "ResourceVersion") })
        {
            if (options?["preconditions"]?[key]?.GetValue<string>() is { } wanted && wanted != old["metadata"]![key]!.GetValue<string>())
                throw KubeRefusal.Conflict(
                    resource.Group, resource.Plural, at.Name!,
                    $"the {field} in the precondition ({wanted}) does not match the {field} in record");
        }

        var now = old.DeepClone().AsObject();
        var kept = now["metadata"]!["finalizers"] is JsonArray { Count: > 0 };
        if (dryRun || (kept && now["metadata"]!["deletionTimestamp"] is not null)) return kept ? old : null;
        now["metadata"]!["deletionTimestamp"] = KubeTime.Text(clock.GetUtcNow());
        now["metadata"]!["deletionGracePeriodSeconds"] = 0;
        objects.Commit(resource, KubeResource.Key(at.Namespace, at.Name!), old, now, gone: !kept);
        if (!kept && (string?)options?["propagationPolicy"] != "Orphan") objects.Collect(now);
        return kept ? now : null;
    }

    public JsonObject Find(KubeRequest at) => at.Resource!.Objects.GetValueOrDefault(KubeResource.Key(at.Namespace, at.Name!))
        ?? throw KubeRefusal.NotFound(at.Resource.Group, at.Resource.Plural, at.Name!);

    private string Name(KubeRequest at, JsonObject metadata)
    {
        var name = at.Name ?? metadata["name"]?.GetValue<string>()
            ?? (metadata["generateName"]?.GetValue<string>() is { } prefix ? prefix + objects.NewSuffix() : null);
        if (name is not null && DnsName().IsMatch(name) && name.Length <= 253) return name;
        throw KubeRefusal.Invalid(at.Resource!.Group, at.Resource.Kind, name ?? "", [name is null
            ? new("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")
            : new("metadata.name", "FieldValueInvalid", $"Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower "
                + "case alphanumeric characters, '-' or '.'")]);
    }

    private static void CheckIdentity(KubeRequest at, JsonObject body)
    {
        var (resource, wanted) = (at.Resource!, KubeShow.ApiVersion(at.Resource!.Group, at.Version!.Name));
        if (body["kind"]?.GetValue<string>() is { } kind && kind != resource.Kind)
            throw KubeRefusal.BadRequest($"{resource.Kind} in version \"{at.Version.Name}\" cannot be handled as a {kind}");
        if (body["apiVersion"]?.GetValue<string>() is { } version && version != wanted)
            throw KubeRefusal.BadRequest($"the API version in the data ({version}) does not match the expected API version ({wanted})");
        if (at.Name is not null && body["metadata"]?["name"]?.GetValue<string>() is { } name && name != at.Name)
            throw KubeRefusal.BadRequest($"the name of the object ({name}) does not match the name on the URL ({at.Name})");
        if (body["metadata"]?["namespace"]?.GetValue<string>() is { } space && space != at.Namespace)
            throw KubeRefusal.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
    }

    private static void CheckVersion(KubeRequest at, JsonObject old, JsonObject wanted, bool isPatch)
    {
        var resource = at.Resource!;
        if (wanted["uid"]?.GetValue<string>() is { } uid && uid != old["metadata"]!["uid"]!.GetValue<string>())
            throw KubeRefusal.Conflict(
                resource.Group, resource.Plural, at.Name!,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old["metadata"]!["uid"]}");
        var version = wanted["resourceVersion"]?.GetValue<string>();
        if (!string.IsNullOrEmpty(version))
        {
            if (version != old["metadata"]!["resourceVersion"]!.GetValue<string>())
                throw KubeRefusal.Modified(resource.Group, resource.Plural, at.Name!);
        }
        else if (!isPatch && resource.NeedsResourceVersion)
        {
            throw KubeRefusal.Invalid(resource.Group, resource.Kind, at.Name!,
                [new("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0x0: must be specified for an update")]);
        }
    }

    private static JsonObject OnlyStatus(JsonObject old, JsonObject wanted)
    {
        var next = old.DeepClone().AsObject();
        next.Remove("status");
        if (wanted["status"] is { } status) next["status"] = status.DeepClone();
        return next;
    }

    private static JsonObject ExceptStatus(JsonObject old, JsonObject wanted, KubeVersion version)
    {
        var next = wanted.DeepClone().AsObject();
        if (!version.HasStatus) return next;
        next.Remove("status");
        if (old["status"] is { } status) next["status"] = status.DeepClone();
        return next;
    }

    /// <summary>What only the server writes stays as it is.</summary>
    private static void Carry(JsonObject old, JsonObject next)
    {
        foreach (var key in new[]
        {
            "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
            "deletionGracePeriodSeconds", "managedFields"
        })
        {
            var metadata = Metadata(next);
            metadata.Remove(key);
            if (old["metadata"]![key] is { } kept) metadata[key] = kept.DeepClone();
        }
    }

    private static bool SameSpec(JsonObject old, JsonObject next, KubeVersion version) =>
        JsonNode.DeepEquals(Spec(old, version), Spec(next, version));

    /// <summary>Everything but the metadata, and the status where that is a subresource.</summary>
    private static JsonObject Spec(JsonObject of, KubeVersion version)
    {
        var copy = of.DeepClone().AsObject();
        foreach (var key in new[] { "metadata", "apiVersion", "kind" }) copy.Remove(key);
        if (version.HasStatus) copy.Remove("status");
        return copy;
    }

    private static bool Same(JsonObject old, JsonObject next)
    {
        var copy = old.DeepClone().AsObject();
        copy["apiVersion"] = next["apiVersion"]?.DeepClone();
        copy["kind"] = next["kind"]?.DeepClone();
        return JsonNode.DeepEquals(copy, next);
    }

    private static JsonObject WithoutTimes(JsonObject of)
    {
        var copy = of.DeepClone().AsObject();
        foreach (var entry in copy["metadata"]?["managedFields"]?.AsArray() ?? []) entry!.AsObject().Remove("time");
        copy.Remove("apiVersion");
        copy.Remove("kind");
        return copy;
    }

    private static JsonObject Metadata(JsonObject of)
    {
        if (of["metadata"] is JsonObject metadata) return metadata;
        var made = new JsonObject();
        of["metadata"] = made;
        return made;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DnsName();
}
