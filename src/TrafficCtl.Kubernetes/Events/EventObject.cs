using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>An <c>events.k8s.io/v1</c> Event.</summary>
internal static class EventObject
{
    /// <summary>What the API server takes, in bytes of UTF-8 and in characters.</summary>
    public const int LongestNote = 1024, LongestWord = 128, LongestName = 253;

    public static JsonObject Of(ObjectEvent told, string name, string instance, DateTimeOffset now)
    {
        var about = told.About.Name;
        return new JsonObject
        {
            ["apiVersion"] = KubeKind.Event.ApiVersion,
            ["kind"] = KubeKind.Event.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space(about) },
            ["eventTime"] = MicroTime(now),
            ["reportingController"] = "trafficctl.io/trafficctl",
            ["reportingInstance"] = Cut(instance, LongestWord),
            ["action"] = Cut(told.Action, LongestWord),
            ["reason"] = Cut(told.Reason, LongestWord),
            ["regarding"] = new JsonObject
            {
                ["apiVersion"] = about.Kind.ApiVersion,
                ["kind"] = about.Kind.Kind,
                ["namespace"] = about.Namespace,
                ["name"] = about.Name,
                ["uid"] = told.About.Uid,
            },
            ["note"] = Cut(told.Note, LongestNote),
            ["type"] = told.IsWarning ? "Warning" : "Normal",
        };
    }

    /// <summary>That it happened again.</summary>
    public static JsonObject Again(int count, DateTimeOffset now) => new()
    {
        ["series"] = new JsonObject { ["count"] = count, ["lastObservedTime"] = MicroTime(now) },
    };

    /// <summary>The namespace of the object that it regards; <c>default</c> for one without a namespace.</summary>
    public static string Space(KubeName about) => about.Namespace ?? "default";

    /// <summary>A name that no other event has: the object's name, the time and a number.</summary>
    public static string NameOf(KubeName about, DateTimeOffset now, long number)
    {
        var tail = string.Create(CultureInfo.InvariantCulture, $".{now.UtcTicks:x}{number & 0xfff:x3}");
        return (about.Name.Length + tail.Length <= LongestName ? about.Name : about.Name[..(LongestName - tail.Length)].TrimEnd('.', '-'))
            + tail;
    }

    private static string MicroTime(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>At most so many bytes, never half a character.</summary>
    internal static string Cut(string text, int most)
    {
        if (Encoding.UTF8.GetByteCount(text) <= most) return text;
        var kept = new StringBuilder();
        var left = most - 3;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((left -= rune.Utf8SequenceLength) < 0) break;
            kept.Append(rune.ToString());
        }

        return kept.Append('…').ToString();
    }
}
