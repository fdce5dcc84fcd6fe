using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Gates;

/// <summary>Open when enough people have approved, each of them once; failed when one of them rejects.</summary>
/// <param name="By">Who may: a role (<c>approver</c>, <c>admin</c>) or a group of tokens.</param>
/// <param name="Count">How many different people: at least 1.</param>
/// <param name="NotAuthor">Whoever brought the version in does not count.</param>
/// <param name="Expires">
/// How long an approval counts while others are missing, and how long the gate waits where its terms say no deadline; null for as long as
/// the gate waits.
/// </param>
public sealed record ApproveGate(string By, int Count = 1, bool NotAuthor = false, TimeSpan? Expires = null) : Gate
{
    /// <summary>The roles that may approve at all: any other word is a group.</summary>
    public static readonly ImmutableArray<string> Roles = ["approver", "admin"];

    public override string Name => "approve";

    public override GateKind Kind => GateKind.Latched;

    public override string Key => $"approve by {By}, {Count}{(NotAuthor ? ", not the author" : "")}";

    public override TimeSpan? Deadline => Terms.Deadline ?? Expires;

    public override bool NeedsDeadline => true;

    public override GateAnswer Answer(GateFacts facts)
    {
        var approvals = facts.Approvals.IsDefault ? [] : facts.Approvals;
        var counted = Deciding(approvals, facts.Now);
        if (counted is [{ IsRejection: true } no])
            return new GateAnswer.Failed($"{no.Who} rejected it at {InstantText.Of(no.At)}{Words(no.Reason)}");
        var names = counted.Length == 0 ? "" : $" ({string.Join(", ", counted.Select(static a => a.Who))})";
        if (counted.Length >= Count) return new GateAnswer.Open($"approved by {string.Join(" and ", counted.Select(static a => a.Who))}");
        var lapsed = approvals.FirstOrDefault(a => IsExpired(a.At, facts.Now)) is { } old ? $"; that of {old.Who} has expired" : "";
        return new GateAnswer.Closed($"{counted.Length} of {Count} approvals by {By}{names}{lapsed}; approve or reject it");
    }

    /// <summary>What the answer rests on: the first rejection alone, or else the approvals that count now, of each person one.</summary>
    public ImmutableArray<Approval> Deciding(ImmutableArray<Approval> approvals, DateTimeOffset now) =>
        approvals.FirstOrDefault(static a => a.IsRejection) is { } no
            ? [no]
            : [.. approvals.Where(a => !IsExpired(a.At, now)).DistinctBy(static a => a.Who)];

    /// <summary>An approval given then does not count now.</summary>
    public bool IsExpired(DateTimeOffset at, DateTimeOffset now) => Expires is { } limit && now - at >= limit;

    /// <summary>Why that person's word does not count; null where it does.</summary>
    /// <param name="who">As verified.</param>
    /// <param name="vote">What the person is, and what the word is about.</param>
    /// <param name="isRejection">The person says no: the author may.</param>
    /// <param name="author">Who brought the version in; null where that is unknown.</param>
    /// <param name="version">That asks to go on.</param>
    public string? Refuses(string who, Vote vote, bool isRejection, string? author, string version)
    {
        if (!MayBy(vote))
        {
            return Roles.Contains(By)
                ? $"{who} is not {By} here"
                : $"{who} is not of the group {By}: make a token with \"token create NAME --role approver --group {By}\"";
        }

        if (isRejection || !NotAuthor) return null;
        if (author is null)
            return $"who brought {version} in is not known, so nobody is known to be another: abort it, retry it under your own name, "
                + "and let somebody else approve";
        return author == who ? $"{who} brought {version} in, and somebody else has to approve it" : null;
    }

    private bool MayBy(Vote vote)
    {
        foreach (var word in vote.As.Split(' '))
            if (word == By || (By == "approver" && word == "admin")) return true;
        return false;
    }

    private static string Words(string reason) => reason.Length == 0 ? "" : $" ({reason})";
}
