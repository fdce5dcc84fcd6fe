using TrafficCtl.Cli.Demo.Pipelines;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo;

/// <summary>The story of the demonstration, without its traffic.</summary>
public sealed class PipelineDemoTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_file_is_one_that_check_accepts(bool isFast)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the process runtime is of Linux");
        var folder = Directory.CreateTempSubdirectory("pipeline-demo-");
        try
        {
            var files = new PipelineFiles(folder.FullName);
            await files.WriteAsync(PipelinePace.Of(isFast), TestContext.Current.CancellationToken);
            var run = await Run.OfAsync("check", files.Delivery);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Contains("shop: test, staging, prod", run.Out, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("v2", "staging", "deploying", "v2 reached staging")]
    [InlineData("v3", "prod", "baking", "v3 reached prod")]
    [InlineData("v3", "prod", "vetoed", null)]
    [InlineData("v4", "prod", "deploying", "v4 reached prod before it was approved")]
    [InlineData("v1", "prod", "good", null)]
    public void Sees_what_must_never_be(string version, string environment, string phase, string? wrong)
    {
        var pipeline = new PipelineStatus { Service = PipelineFiles.Service };
        foreach (var name in (string[])["test", "staging", "prod"])
            pipeline.Environments.Add(new PipelineEnvironment { Environment = name });
        pipeline.Environments.Single(e => e.Environment == environment).Bundles.Add(
            new PipelineBundle { Version = version, Phase = phase });
        Assert.Equal(wrong, PipelineStory.FindWrong(pipeline, ["v1"]));
    }
}
