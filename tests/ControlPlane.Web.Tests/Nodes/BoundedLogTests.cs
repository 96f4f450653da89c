using ControlPlane.Web.Features.Nodes;

namespace ControlPlane.Web.Tests.Nodes;

public sealed class BoundedLogTests
{
    [Fact]
    public void A_log_that_grows_while_its_writer_runs_is_cut_and_the_end_of_it_kept()
    {
        var folder = Directory.CreateTempSubdirectory("log-").FullName;
        var path = Path.Combine(folder, "node.log");
        using (var writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            writer.Write(new byte[900]);
            writer.Flush();
            BoundedLog.Keep(path, most: 1_000);
            Assert.Equal(900, new FileInfo(path).Length);
            writer.Write(new byte[200]);
            writer.Flush();

            BoundedLog.Keep(path, most: 1_000);
        }

        File.AppendAllText(path, "and on");
        Assert.Equal("and on", File.ReadAllText(path));
        Assert.Equal(1_100, new FileInfo(path + ".1").Length);
        Directory.Delete(folder, recursive: true);
    }
}
