using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.TestKit;

/// <summary>Lists, in pages of one moment, and where a watch begins.</summary>
internal sealed class KubeReads(KubeObjects objects)
{
    public JsonObject List(KubeRequest at, IQueryCollection query)
    {
        var resource = at.Resource!;
        var selector = KubeSelector.Parse(query["labelSelector"], query["fieldSelector"]);
        var asked = Number(query["resourceVersion"]);
        if (asked > objects.Revision)
            throw new KubeRefusal(504, "Timeout", $"Too large resource version: {asked}, current: {objects.Revision}");
        var limit = (int)Math.Min(Number(query["limit"]), int.MaxValue);
        var token = query["continue"].ToString();
        if (token.Length > 0 && asked > 0) throw KubeRefusal.BadRequest("specifying resource version is not allowed when using continue");
        KubePage Now() => new(objects.Revision, [.. Select(at, selector)]);
        var page = token.Length > 0 ? objects.Take(token, Now) : Now();
        var items = limit > 0 ? page.Rest.Take(limit).ToArray() : page.Rest;
        var metadata = new JsonObject { ["resourceVersion"] = page.Revision.ToString(CultureInfo.InvariantCulture) };
        if (items.Length < page.Rest.Length)
        {
            metadata["continue"] = objects.Keep(page with { Rest = page.Rest[items.Length..] });
            metadata["remainingItemCount"] = page.Rest.Length - items.Length;
        }

        return new JsonObject
        {
            ["kind"] = resource.Kind + "List",
            ["apiVersion"] = KubeShow.ApiVersion(resource.Group, at.Version!.Name),
            ["metadata"] = metadata,
            ["items"] = new JsonArray([.. items.Select(o => Item(o, at))]),
        };
    }

    public IEnumerable<JsonObject> Select(KubeRequest at, KubeSelector selector) => at.Resource!.Objects.Values
        .Where(o => at.Namespace is null || o["metadata"]!["namespace"]?.GetValue<string>() == at.Namespace)
        .Where(selector.Matches);

    /// <summary>Opens a watch; its first lines are in it when this returns.</summary>
    public KubeWatcher Watch(KubeRequest at, IQueryCollection query, int? refusesStreaming)
    {
        var selector = KubeSelector.Parse(query["labelSelector"], query["fieldSelector"]);
        var streams = query["sendInitialEvents"] == "true";
        if (streams && refusesStreaming is { } code)
            throw new KubeRefusal(code, code == 422 ? "Invalid" : "BadRequest", "ListOptions.meta.k8s.io \"\" is invalid: "
                + "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        if (streams && query["resourceVersionMatch"] != "NotOlderThan")
            throw new KubeRefusal(422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: "
                + "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        var watcher = new KubeWatcher(at.Resource!, at.Version!.Name, at.Namespace, selector)
        {
            WantsBookmarks = query["allowWatchBookmarks"] is [("true" or "1")],
        };
        var from = query["resourceVersion"].ToString();
        if (streams || from is "" or "0")
        {
            foreach (var there in Select(at, selector)) watcher.Say("ADDED", there);
            if (streams) watcher.Bookmark(objects.Revision, endsInitialEvents: true);
            objects.Watch(watcher, objects.Revision);
            return watcher;
        }

        try
        {
            objects.Watch(watcher, Number(from));
        }
        catch (KubeRefusal gone)
        {
            watcher.Fail(gone.Status); // The answer has begun: an expired position is told as an event.
            watcher.End();
        }

        return watcher;
    }

    /// <summary>Items of built-in lists bear neither kind nor version.</summary>
    private static JsonObject Item(JsonObject stored, KubeRequest at)
    {
        var item = KubeShow.As(stored, at.Resource!, at.Version!.Name);
        if (at.Resource!.IsCustom) return item;
        item.Remove("apiVersion");
        item.Remove("kind");
        return item;
    }

    private static long Number(string? text)
    {
        if (string.IsNullOrEmpty(text)) return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw KubeRefusal.BadRequest($"Invalid value: \"{text}\": strconv.ParseUint: parsing: invalid syntax");
    }
}
