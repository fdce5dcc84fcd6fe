using System.Text;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Granting;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Granting;

public sealed class GrantReaderTests
{
    [Fact]
    public void Reads_a_grant_for_each_kind_of_subject()
    {
        var report = new Report("grants.yaml");
        var grants = GrantReader.Read(
            """
            grants:
              - { certificate: "spiffe://acme.example/ns/ci/sa/deployer", role: operator, service: checkout, environment: staging }
              - { certificate: "spiffe://acme.example/ns/ci/sa/deployer", role: viewer }
              - { token: ci, role: viewer }
              - { oidc-user: ana@acme.example, role: admin }
              - { oidc-group: sre, role: approver, environment: prod }
              - { kubernetes-user: "system:serviceaccount:ci:deployer", role: operator, service: shop.checkout }
              - { kubernetes-group: ops, role: viewer }
            """u8, report);
        Assert.Empty(report.All);
        Assert.Equal(6, grants!.Count);
        Assert.Equal(
            [new Grant(Role.Operator, "checkout", "staging"), new Grant(Role.Viewer)],
            grants[new GrantSubject(SubjectKind.Certificate, "spiffe://acme.example/ns/ci/sa/deployer")]);
        Assert.Equal([new Grant(Role.Approver, "*", "prod")], grants[new GrantSubject(SubjectKind.OidcGroup, "sre")]);
        Assert.Equal([new Grant(Role.Admin)], grants[new GrantSubject(SubjectKind.OidcUser, "ana@acme.example")]);
        Assert.Equal([new Grant(Role.Viewer)], grants[new GrantSubject(SubjectKind.Token, "ci")]);
    }

    [Theory]
    [InlineData("grants: [{ certificate: ana, role: operater }]", "1:36: grants[0].role: expected one of", "mean \"operator\"?")]
    [InlineData("grants: [{ certificat: ana, role: viewer }]", "1:12: grants[0].certificat: unknown key", "did you mean \"certificate\"?")]
    [InlineData("grants: [{ role: viewer }]", "1:10: grants[0]: needs one of token, certificate", "write")]
    [InlineData("grants: [{ certificate: a, token: b, role: viewer }]", "grants[0].token: only one of", "is allowed")]
    [InlineData("grants: [{ certificate: ana }]", "grants[0].role: is missing", "add role")]
    [InlineData("grants: [{ certificate: ana, role: admin, service: \"no service\" }]", "\"no service\" is not a service", "for all")]
    [InlineData("grants: [{ certificate: \"spiffe://acme\", role: admin }]", "\"spiffe://acme\" is no SPIFFE id", "trust-domain")]
    [InlineData("grants: [{ certificate: \"spiffe://acme/../x\", role: admin }]", "is no SPIFFE id", "trust-domain")]
    [InlineData("roles: []", "grants.yaml:1:1: grants: is missing", "add")]
    [InlineData("", "the file is empty", "write grants")]
    [InlineData("grants: [", "not valid YAML", "")]
    public void Says_what_is_wrong_where_and_what_to_do(string text, string what, string hint)
    {
        var report = new Report("grants.yaml");
        Assert.Null(GrantReader.Read(Encoding.UTF8.GetBytes(text), report));
        Assert.Contains(report.All, problem => problem.ToString().Contains(what, StringComparison.Ordinal)
            && problem.ToString().Contains(hint, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_every_problem_of_a_file_at_once()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "grants.yaml");
        File.WriteAllText(path, "grants:\n  - { certificate: ana, role: king }\n  - { user: ana, role: viewer }\n");
        var problems = GrantReader.ProblemsOf(path);
        Assert.Contains(problems, problem => problem.StartsWith($"{path}:2:", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith($"{path}:3:", StringComparison.Ordinal));
        Assert.Equal([$"{path}.gone: there is no such file (check the path)"], GrantReader.ProblemsOf(path + ".gone"));
    }

    [Fact]
    public void Takes_no_right_from_a_file_that_every_user_may_write()
    {
        if (OperatingSystem.IsWindows()) return;
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "grants.yaml");
        File.WriteAllText(path, "grants: []\n");
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherWrite);
        Assert.Contains("chmod o-w", Assert.Throws<InvalidDataException>(() => new GrantFile(path)).Message, StringComparison.Ordinal);
    }
}
