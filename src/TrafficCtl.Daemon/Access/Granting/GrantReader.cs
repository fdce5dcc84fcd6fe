using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Access.Granting;

/// <summary>The file of grants: who may do what, or every problem with its line.</summary>
public static class GrantReader
{
    /// <summary>The largest file that makes sense, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxGrants = 10_000;

    private const string Example = "{ certificate: \"spiffe://acme.example/ci\", role: operator, service: checkout }";

    private static readonly ImmutableArray<(string Key, SubjectKind Kind, string Doc)> Subjects =
    [
        ("token", SubjectKind.Token, "The name of a token of the file of tokens, beside what it may already."),
        ("certificate", SubjectKind.Certificate, "The SPIFFE id of a client certificate, or its common name where it has none."),
        ("oidc-user", SubjectKind.OidcUser, "A user of the OIDC issuer, as the claim of --oidc-user-claim has it."),
        ("oidc-group", SubjectKind.OidcGroup, "A group of the OIDC issuer, as the claim of --oidc-groups-claim has it."),
        ("kubernetes-user", SubjectKind.KubernetesUser, "A user of the cluster, beside what the cluster's RBAC grants."),
        ("kubernetes-group", SubjectKind.KubernetesGroup, "A group of the cluster, beside what the cluster's RBAC grants."),
    ];

    private static readonly SectionShape GrantShape = new(
        "a grant",
        [
            .. Subjects.Select(static s => new Key(s.Key, NameOf(s.Kind), s.Doc)),
            new Key(
                "role",
                Scalars.Choice(("viewer", Role.Viewer), ("operator", Role.Operator), ("approver", Role.Approver), ("admin", Role.Admin)),
                "What it may do.", IsRequired: true),
            new Key("service", Scope("a service", Access.Grant.ServiceProblem), "Where; all services when left out.", Access.Grant.Any),
            new Key(
                "environment", Scope("an environment", Access.Grant.EnvironmentProblem), "Where; all environments when left out.",
                Access.Grant.Any),
        ],
        NotYet: [], ExactlyOne: [.. Subjects.Select(static s => s.Key)])
    {
        Example = Example,
    };

    private static readonly SectionShape Root = new(
        "a file of grants",
        [
            new Key(
                "grants", new ListShape("grants", GrantShape, 0, MaxGrants) { Example = $"[{Example}]" }, "Who may do what.",
                IsRequired: true),
        ],
        NotYet: [], ExactlyOne: []);

    /// <summary>Every problem of a file, each with its place and what to do; empty where it is good.</summary>
    public static ImmutableArray<string> ProblemsOf(string path)
    {
        var report = new Report(path);
        if (YamlFile.Bytes(path, MaxBytes, "one line a grant is enough", report) is { } bytes) Read(bytes, report);
        return [.. report.All.Select(static problem => problem.ToString())];
    }

    /// <summary>The grants by whom they are for; null with problems in the report.</summary>
    internal static FrozenDictionary<GrantSubject, ImmutableArray<Grant>>? Read(ReadOnlySpan<byte> bytes, Report report)
    {
        var documents = YamlFile.Documents(bytes, $"write grants: [{Example}]", report);
        if (documents.Length > 1)
            report.Add(documents[1], "", $"the file holds {documents.Length} documents", "write all grants into one list");
        var root = documents is [var document, ..] ? Root.Read(document, "", report) as Value.Section : null;
        if (root?.Find("grants") is not Value.Items listed || !report.IsClean) return null;
        return listed.All.OfType<Value.Section>().Select(Of).GroupBy(static g => g.Subject, static g => g.Grant)
            .ToFrozenDictionary(static group => group.Key, static group => group.Distinct().ToImmutableArray());
    }

    private static (GrantSubject Subject, Grant Grant) Of(Value.Section section)
    {
        var (key, kind, _) = Subjects.First(s => section.Fields.ContainsKey(s.Key));
        var grant = new Grant(
            section.Get("role", Role.Viewer), section.Get("service", Access.Grant.Any), section.Get("environment", Access.Grant.Any));
        return (new GrantSubject(kind, section.Get(key, "")), grant);
    }

    private static ScalarShape NameOf(SubjectKind kind)
    {
        var text = Scalars.Text("a name", GrantSubject.LongestName);
        return kind != SubjectKind.Certificate ? text : text with
        {
            Parse = name => CertificateNames.IsSpiffe(name) && !CertificateNames.IsSpiffeId(name)
                ? Meaning.Wrong(
                    $"\"{ScalarShape.Short(name)}\" is no SPIFFE id", "write it as spiffe://trust-domain/path, without a slash at the end")
                : text.Parse(name),
        };
    }

    private static ScalarShape Scope(string word, Func<string, string?> problem) => Scalars.Text(word, 256) with
    {
        Parse = name => problem(name) is { } allowed
            ? Meaning.Wrong($"\"{ScalarShape.Short(name)}\" is not {word}", $"use {allowed}; or \"*\" for all")
            : Meaning.Of(name),
    };
}
