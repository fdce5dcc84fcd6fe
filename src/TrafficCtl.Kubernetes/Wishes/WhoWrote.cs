using System.Globalization;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Wishes;

/// <summary>Who wrote a field, by the bookkeeping of the API server: a tool and what it did; people are not named there.</summary>
internal static class WhoWrote
{
    /// <param name="thing">The object.</param>
    /// <param name="path">As <c>fieldsV1</c> spells it, such as <c>f:spec</c>.</param>
    public static (string Who, DateTimeOffset? At) Field(JsonObject thing, params ReadOnlySpan<string> path)
    {
        (string Who, DateTimeOffset? At) newest = ("unknown", null);
        foreach (var entry in thing.ListAt("metadata", "managedFields"))
        {
            if (entry.MapAt("fieldsV1")?.At(path) is null) continue;
            var at = DateTimeOffset.TryParse(
                entry.TextAt("time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : (DateTimeOffset?)null;
            if (newest.At is null || at >= newest.At)
                newest = ($"{entry.TextAt("manager") ?? "unknown"} ({entry.TextAt("operation") ?? "Update"})", at);
        }

        return newest;
    }
}
