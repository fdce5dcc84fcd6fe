using System.Text;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Pipelines;

/// <summary>What hints and pages show of a pipeline is accepted where it is put.</summary>
public sealed class PipelineExampleTests
{
    private static readonly string Directory = Path.Combine(Goldens.Root, "valid");

    public static TheoryData<string> KeysOfAnEnvironment =>
        [.. EnvironmentSchema.Root.Keys.Where(static k => k.Shape.Example is not null).Select(static k => k.Name)];

    [Theory, MemberData(nameof(KeysOfAnEnvironment))]
    public void Every_key_of_an_environment_is_shown_as_it_may_be_written(string name)
    {
        var key = EnvironmentSchema.Root.Keys.Single(k => k.Name == name);
        var listen = name switch
        {
            "listen" or "targets" => "",
            "tls" => "listen: https://127.0.0.1:8443, ",
            _ => "listen: http://127.0.0.1:8080, ",
        };
        var runtime = name == "versions" ? "runtime: static, " : "";
        AssertGood($"{{ {listen}{runtime}{name}: {key.Shape.Example} }}");
    }

    [Theory]
    [InlineData("17")]
    [InlineData("")]
    [InlineData("[a]")]
    public void A_value_of_the_wrong_kind_is_answered_with_one_that_is_right(string wrong)
    {
        foreach (var key in EnvironmentSchema.Root.Keys.Where(static k => k.Shape is not ScalarShape))
        {
            if (wrong == "[a]" && key.Shape is not SectionShape) continue;
            var listen = key.Name == "targets" ? "" : "listen: http://127.0.0.1:8080, ";
            var read = Read($"{{ {listen}{key.Name}: {(wrong.Length == 0 ? "~" : wrong)} }}");
            var problem = Assert.IsType<Parsed<Deliveries>.Problems>(read).All[0];
            Assert.StartsWith($"environments.prod.{key.Name}", problem.Path, StringComparison.Ordinal);
            Assert.Contains('`', problem.Hint ?? "");
        }
    }

    [Fact]
    public void A_running_pipeline_is_no_clash_with_its_file()
    {
        var read = DeliveryFiles.Read([Path.Combine(Directory, "pipeline-smallest.yaml")], null, Goldens.Able);
        ServiceStatus[] running =
        [
            new() { Service = "checkout", Environment = "prod", LastGood = "v7" },
            new() { Service = "cart", Environment = "default", LastGood = "v1" },
        ];
        var answer = FileAnswers.CheckBeside(read, running);
        Assert.Empty(answer.Problems);
        Assert.StartsWith("cart is served now and not named here", Assert.Single(answer.Warnings).Message, StringComparison.Ordinal);
        Assert.Equal("checkout", Assert.Single(answer.Pipelines).Service);
    }

    private static void AssertGood(string environment)
    {
        var read = Read(environment);
        Assert.True(read is Parsed<Deliveries>.Ok, $"{environment}: {read}");
        var spec = ((Parsed<Deliveries>.Ok)read).Value.Pipelines[0].Spec;
        Assert.All(spec.Of("prod"), static t => Assert.IsAssignableFrom<RuntimeSpec>(t.Runtime));
    }

    private static Parsed<Deliveries> Read(string environment) => DeliveryFiles.ReadText(
        Encoding.UTF8.GetBytes($$"""
            service: shop
            artifact: ./releases/{version}/shop
            runtime: { process: { command: "{artifact} {port}", health: /healthz } }
            environments: { test: { listen: http://127.0.0.1:8081 }, prod: {{environment}} }
            """), "shop.yaml", Directory, Goldens.Able);
}
