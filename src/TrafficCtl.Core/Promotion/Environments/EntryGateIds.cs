using System.Text;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>
/// The ids of an environment's gates, such as <c>approve-leads</c>: they follow from what is declared alone, so that an answer is found
/// again after a restart.
/// </summary>
internal static class EntryGateIds
{
    private const int Longest = 63;

    /// <summary>An id of its own for a gate; of several that would have the same, the second gets <c>-2</c>.</summary>
    /// <param name="gate">Which gate.</param>
    /// <param name="taken">The ids of the environment so far; the new one is added.</param>
    public static string Take(Gate gate, ISet<string> taken)
    {
        var name = NameOf(gate);
        var id = name;
        for (var n = 2; !taken.Add(id); n++) id = $"{name}-{n}";
        return id;
    }

    private static string NameOf(Gate gate) => gate switch
    {
        ApproveGate approve => $"approve-{approve.By}",
        SoakGate soak => $"soak-{soak.In}",
        VerifyGate { Check: Verification.Run run } => Plain("verify", run.Program[(run.Program.LastIndexOf('/') + 1)..]),
        VerifyGate { Check: Verification.Fetch fetch } => Plain("verify", PlaceOf(fetch.Address)),
        _ => gate.Name,
    };

    /// <summary>Host and path of an address, without what is filled in.</summary>
    private static string PlaceOf(string address)
    {
        const string separator = "://";
        var scheme = address.IndexOf(separator, StringComparison.Ordinal);
        var place = scheme < 0 ? address : address[(scheme + separator.Length)..];
        var end = place.AsSpan().IndexOfAny('?', '#');
        return end < 0 ? place : place[..end];
    }

    /// <summary>Letters, digits, dots and single dashes, so that it may stand in a command and in a path.</summary>
    private static string Plain(string kind, string text)
    {
        var id = new StringBuilder(kind).Append('-');
        var isName = false;
        foreach (var character in text)
        {
            isName = character == '{' || (isName && character != '}');
            if (!isName && (char.IsAsciiLetterOrDigit(character) || character is '.' or '_')) id.Append(character);
            else if (id[^1] != '-') id.Append('-');
        }

        if (id.Length > Longest) id.Length = Longest;
        return id.ToString().TrimEnd('-', '.');
    }
}
