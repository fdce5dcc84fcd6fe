using System.Buffers.Text;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>clientErrors</c>: a number, or one for each status.</summary>
internal static class FileClientErrorReader
{
    public static bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Takes('{'))
        {
            if (!from.Count("clientErrors"u8, WindowReader.MostRequests, out var errors)) return false;
            window.ClientErrors = errors;
            return true;
        }

        window.ClientErrors = 0;
        if (from.Takes('}')) return true;
        do
        {
            if (!from.Text(default, out var name)) return false;
            if (!Utf8Parser.TryParse(name, out int status, out var used) || used != name.Length || status is < 400 or > 499)
                return from.Fail(
                    $"clientErrors has \"{JsonCursor.Words(name[..Math.Min(40, name.Length)])}\", write statuses from 400 to 499");
            if (!from.Needs(':') || !from.Count("clientErrors"u8, WindowReader.MostRequests, out var count)) return false;
            window.Statuses[ClientStatuses.IndexOf(status)] += count;
            window.ClientErrors += count;
        }
        while (from.Next('}'));
        return from.Problem is null;
    }
}
