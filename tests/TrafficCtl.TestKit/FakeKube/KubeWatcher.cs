using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace TrafficCtl.TestKit;

/// <summary>One open watch: what happens becomes lines for it.</summary>
internal sealed class KubeWatcher(KubeResource resource, string version, string? @in, KubeSelector selector)
{
    private readonly Channel<JsonObject> lines = Channel.CreateUnbounded<JsonObject>();

    public KubeResource Resource { get; } = resource;

    public ChannelReader<JsonObject> Lines => lines.Reader;

    public bool WantsBookmarks { get; init; }

    /// <summary>Set when it is to say nothing more, and keep its connection.</summary>
    public TaskCompletionSource Frozen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when its connection is to be cut.</summary>
    public CancellationTokenSource Cut { get; } = new();

    public void Tell(KubeEntry entry)
    {
        if (entry.Resource != Resource || !IsHere(entry.Now)) return;
        var (was, isNow) = (entry.Old is not null && selector.Matches(entry.Old), !entry.IsGone && selector.Matches(entry.Now));
        if (was || isNow) Say(!isNow ? "DELETED" : was ? "MODIFIED" : "ADDED", entry.Now);
    }

    public void Say(string type, JsonObject now) => lines.Writer.TryWrite(Line(type, KubeShow.As(now, Resource, version)));

    public void Fail(JsonObject status) => lines.Writer.TryWrite(Line("ERROR", status));

    public void Bookmark(long revision, bool endsInitialEvents = false)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (endsInitialEvents) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        lines.Writer.TryWrite(Line("BOOKMARK", new JsonObject
        {
            ["kind"] = Resource.Kind,
            ["apiVersion"] = KubeShow.ApiVersion(Resource.Group, version),
            ["metadata"] = metadata,
        }));
    }

    public void End() => lines.Writer.TryComplete();

    private bool IsHere(JsonObject now) => @in is null || now["metadata"]?["namespace"]?.GetValue<string>() == @in;

    private static JsonObject Line(string type, JsonObject what) => new() { ["type"] = type, ["object"] = what };
}

/// <summary>How an object is shown in one of its versions.</summary>
internal static class KubeShow
{
    public static string ApiVersion(string group, string version) => group.Length == 0 ? version : $"{group}/{version}";

    public static JsonObject As(JsonObject stored, KubeResource resource, string version)
    {
        var shown = stored.DeepClone().AsObject();
        shown["apiVersion"] = ApiVersion(resource.Group, version);
        shown["kind"] = resource.Kind;
        return shown;
    }
}
