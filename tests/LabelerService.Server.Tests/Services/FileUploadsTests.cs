using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Services;

namespace LabelerService.Server.Tests.Services;

public sealed class FileUploadsTests
{
    private static readonly CreateBackboneRequest First = new() { Parent = "datasets/d", BackboneId = "b" };

    [Fact]
    public async Task A_file_takes_room_until_it_is_needed_no_longer_and_one_that_is_refused_takes_none()
    {
        var uploads = new FileUploads(10);
        var file = await ReadAsync(uploads, 4, 2);
        Assert.Equal(6, file.Content.Length);

        // It has come in and is being tried: it is held still.
        Assert.Equal("UPLOADS_BUSY", (await Assert.ThrowsAsync<ServiceException>(() => ReadAsync(uploads, 3, 3))).Reason);
        using (await ReadAsync(uploads, 4))
        {
            file.Dispose();
            file.Dispose();
            Assert.Equal("UPLOADS_BUSY", (await Assert.ThrowsAsync<ServiceException>(() => ReadAsync(uploads, 7))).Reason);
        }

        Assert.Equal("INVALID_FIELD", (await Assert.ThrowsAsync<ServiceException>(() => ReadAsync(uploads, 0))).Reason);
        using var all = await ReadAsync(uploads, 10);
        Assert.Equal(10, all.Content.Length);
    }

    private static Task<UploadedFile> ReadAsync(FileUploads uploads, params int[] sizes) =>
        uploads.ReadAsync(_ => sizes.Select(size => ByteString.CopyFrom(new byte[size])).ToAsyncEnumerable(), First, default);
}
